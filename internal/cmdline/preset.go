package cmdline

import (
	"path/filepath"
	"slices"
	"strings"
)

// preset is what --into means, beside --root and --hostname. These options stand in front of all
// others, so that each can be given another argument; docs/xunshare.1 and the help have the same
// list.
var preset = [...]string{"--user=", "--mount=", "--pid=", "--ipc=", "--uts=", "--fork=", "--init=", "--map=auto",
	"--arch=auto", "--mount-proc=" + ProcDir, "--sys=", "--dev=", "--resolv-conf=auto"}

// barePreset is what is left of that without namespaces.
var barePreset = [...]string{"--arch=auto"}

// Bare is what --into can have where no namespaces can be made: the tree as it is, and its
// programs. Nil if there is no --into, or other options need namespaces.
func (o *Options) Bare() *Options {
	if !o.Into {
		return nil
	}
	b := &Options{Status: -1, Program: o.Program}
	if read(withPreset(o.given, barePreset[:]), b) != nil || b.Insists != 0 {
		return nil
	}
	b.Hostname = ""
	b.imply()
	return b
}

// withPreset puts a preset in front of options with an --into. The last one counts.
func withPreset(options, preset []string) []string {
	dir, found := "", false
	for _, option := range options {
		if value, ok := strings.CutPrefix(option, intoOption); ok {
			dir, found = value, true
		}
	}
	if !found || dir == "" {
		return options
	}
	return slices.Concat(preset, []string{"--root=" + dir}, options)
}

// hostnameOf makes a host name of the last part of a path (hostname(7)).
func hostnameOf(dir string) string {
	full, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		alnum := r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9'
		if alnum || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, filepath.Base(full))
	return strings.Trim(name[:min(len(name), maxHostname)], "-.")
}

// setInto notes what withPreset has not put into options. A name that was asked for is not changed.
func setInto(o *Options, v string) error {
	o.Into = true
	if !o.Named {
		o.Hostname = hostnameOf(v)
	}
	return notEmpty(v)
}
