package cmdline

import (
	"fmt"
	"strings"

	"github.com/xunshare/xunshare/internal/remedy"
)

// whitelist adds names of variables that are passed on if they are set. An empty list, as a shell
// makes it of a variable that is not set, does not stand for all.
func whitelist(o *Options, v string) error {
	if v == "" {
		return remedy.Wrap(notEmpty(v), "to give the program no environment: --clear-env")
	}
	for name := range strings.SplitSeq(v, ",") {
		if err := isVariable(name); err != nil {
			return remedy.Wrap(err, "write names with commas between them: --whitelist-env=HOME,TERM; --setenv=NAME=VALUE sets one")
		}
		o.Whitelist, o.KeptEnv = true, append(o.KeptEnv, name)
	}
	return nil
}

func isVariable(name string) error {
	if name == "" || strings.Contains(name, "=") {
		return fmt.Errorf("%q is not the name of a variable", name)
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
	o.Env = append(o.Env, Change{Name: v, Unset: true})
	return isVariable(v)
}
