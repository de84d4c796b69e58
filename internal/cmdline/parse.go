package cmdline

import (
	"cmp"
	"errors"
	"flag"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// errEnough ends the reading of options: what follows --help does not matter.
var errEnough = errors.New("enough")

// Parse reads the command line, args[0] being the program's name.
func Parse(args []string) (*Options, error) {
	o := &Options{Status: -1}
	options, program, misuse := normalize(args[1:])
	options, bad := expand(options)
	o.given = options
	if bad == nil {
		options = withPreset(options, preset[:])
	}
	err := cmp.Or(read(options, o), bad)
	if o.Help || o.Version {
		return o, nil
	}
	if cmp.Or(err, misuse) != nil {
		o.findStatus(args[1:])
	}
	if err != nil {
		return o, err
	}
	o.Program = program
	o.imply()
	return o, misuse
}

// read has the flags of urfave/cli read options that are in normal form, which calls apply for each
// in order. Only the flags that occur are set up, and no cli.App around them: there are no commands
// and the help is written by hand, and it would add a tenth to the time that a launch takes.
func read(options []string, o *Options) error {
	var failed error
	set := flag.NewFlagSet("xunshare", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for i := range table {
		if !occurs(table[i].name, options) {
			continue
		}
		var f cli.Flag = &value{&table[i], o, &failed}
		if err := f.Apply(set); err != nil {
			return err
		}
	}
	err := set.Parse(options)
	if failed != nil {
		return failed // the library wraps it in words of its own
	}
	return err
}

func occurs(name string, options []string) bool {
	for _, option := range options {
		if strings.HasPrefix(option, "--"+name+"=") {
			return true
		}
	}
	return false
}

// value is a flag that sets options. The library's own kinds of flags are not used: each looks for
// spaces in its name with a regular expression when it is set up.
type value struct {
	option *option
	o      *Options
	failed *error
}

// Apply makes the flag one of a set.
func (v *value) Apply(set *flag.FlagSet) error {
	set.Var(v, v.option.name, "")
	return nil
}

// Set is called for each occurrence of the flag.
func (v *value) Set(s string) error {
	*v.failed = v.option.apply(v.o, s)
	return *v.failed
}

func (v *value) String() string { return "" }

// Names are those that the flag goes by.
func (v *value) Names() []string { return []string{v.option.name} }

// IsSet tells whether the flag occurs: it is set up only if it does.
func (v *value) IsSet() bool { return true }
