package cmdline

import (
	"fmt"
	"strings"
)

// whitelist adds names of variables that are passed on if they are set.
func whitelist(o *Options, v string) error {
	for _, name := range strings.Split(v, ",") {
		if name != "" {
			o.Whitelist, o.KeptEnv = true, append(o.KeptEnv, name)
		}
	}
	return nil
}

func setEnv(o *Options, v string) error {
	name, value, ok := strings.Cut(v, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE", v)
	}
	o.Env = append(o.Env, Change{Name: name, Value: value})
	return nil
}

func unsetEnv(o *Options, v string) error {
	if v == "" || strings.Contains(v, "=") {
		return fmt.Errorf("%q is not the name of a variable", v)
	}
	o.Env = append(o.Env, Change{Name: v, Unset: true})
	return nil
}
