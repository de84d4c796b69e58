package main

import (
	"fmt"
	"os"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/ns"
)

// An option is one of the command line. All that is known of it stands in its row of the table: normalize reads
// the first half, the parser calls set in the order of the command line, so that the last of several wins.
type option struct {
	name    string
	short   byte // 0 for none
	takes   argument
	preset  string // the value where an optional argument is left out
	ours    bool   // unshare(1) does not have it
	implies ns.Kind
	set     func(o *Options, value string) error
}

// argument says whether an option takes one.
type argument uint8

const (
	none argument = iota
	required
	optional // only as --name=value
)

const (
	procDir   = "/proc"
	binfmtDir = "/proc/sys/fs/binfmt_misc"
)

var table = [...]option{
	{name: "mount", short: 'm', implies: ns.Mount},
	{name: "uts", short: 'u', implies: ns.UTS},
	{name: "ipc", short: 'i', implies: ns.IPC},
	{name: "net", short: 'n', implies: ns.Net},
	{name: "pid", short: 'p', implies: ns.PID},
	{name: "cgroup", short: 'C', implies: ns.Cgroup},
	{name: "time", short: 'T', implies: ns.Time},
	{name: "user", short: 'U', implies: ns.User},
	{name: "fork", short: 'f', set: func(o *Options, _ string) error { o.NS.Fork = true; return nil }},
	{name: "map-root-user", short: 'r', implies: ns.User, set: mapRoot},
	{name: "map-current-user", short: 'c', implies: ns.User, set: mapCurrent},
	{name: "map-user", takes: required, implies: ns.User, set: mapUser},
	{name: "map-group", takes: required, implies: ns.User, set: mapGroup},
	{name: "setgroups", takes: required, set: setSetgroups},
	{name: "propagation", takes: required, set: setPropagation},
	{name: "mount-proc", takes: optional, preset: procDir, implies: ns.Mount, set: mountProc},
	{name: "mount-binfmt", takes: optional, implies: ns.Mount | ns.User, set: mountBinfmt},
	{name: "load-interp", short: 'l', takes: required, implies: ns.Mount | ns.User, set: loadBinfmt},
	{name: "load-binfmt", takes: required, ours: true, implies: ns.Mount | ns.User, set: loadBinfmt},
	{name: "root", short: 'R', takes: required, set: func(o *Options, v string) error { o.Root = v; return notEmpty(v) }},
	{name: "wd", short: 'w', takes: required, set: func(o *Options, v string) error { o.Dir = v; return notEmpty(v) }},
	{name: "kill-child", takes: optional, preset: "KILL", set: killChild},
	{name: "dry-run", ours: true, set: func(o *Options, _ string) error { o.DryRun = true; return nil }},
	{name: "help", short: 'h', set: func(o *Options, _ string) error { o.Help = true; return errEnough }},
	{name: "version", short: 'V', set: func(o *Options, _ string) error { o.Version = true; return errEnough }},
}

// apply does what the option means to o.
func (f *option) apply(o *Options, value string) error {
	o.NS.Kinds |= f.implies
	if f.set == nil {
		return nil
	}
	err := f.set(o, value)
	if err != nil && err != errEnough {
		return fmt.Errorf("--%s: %w", f.name, err)
	}
	return err
}

func notEmpty(v string) error {
	if v == "" {
		return fmt.Errorf("the argument is empty")
	}
	return nil
}

func mapRoot(o *Options, _ string) error {
	o.NS.User, o.NS.Group = new(uint32), new(uint32)
	return nil
}

func mapCurrent(o *Options, _ string) error {
	user, group := uint32(os.Geteuid()), uint32(os.Getegid())
	o.NS.User, o.NS.Group = &user, &group
	return nil
}

func mapUser(o *Options, v string) error {
	id, err := ns.ParseUser(v)
	o.NS.User = &id
	return err
}

func mapGroup(o *Options, v string) error {
	id, err := ns.ParseGroup(v)
	o.NS.Group = &id
	return err
}

func setSetgroups(o *Options, v string) error {
	o.NS.Setgroups = ns.Setgroups(v)
	if o.NS.Setgroups != ns.SetgroupsAllow && o.NS.Setgroups != ns.SetgroupsDeny {
		return fmt.Errorf("%q is neither allow nor deny", v)
	}
	return nil
}

func setPropagation(o *Options, v string) error {
	words := [...]string{ns.Private: "private", ns.Slave: "slave", ns.Shared: "shared", ns.Unchanged: "unchanged"}
	for i, word := range words {
		if v == word {
			o.NS.Propagate = ns.Propagation(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of private, slave, shared, unchanged", v)
}

func mountProc(o *Options, v string) error {
	o.ProcDir = v
	return notEmpty(v)
}

// mountBinfmt takes an empty directory for the usual place, which is in /proc.
func mountBinfmt(o *Options, v string) error {
	o.MountBinfmt, o.BinfmtDir = true, v
	o.ProcImplied = o.ProcImplied || v == ""
	return nil
}

func loadBinfmt(o *Options, v string) error {
	rule, err := binfmt.Parse(v)
	if err != nil {
		return err
	}
	o.Rules = append(o.Rules, rule)
	if o.MountBinfmt {
		return nil
	}
	return mountBinfmt(o, "")
}

func killChild(o *Options, v string) (err error) {
	o.NS.Fork, o.NS.KillChild = true, true
	o.NS.DeathSigno, err = ns.ParseSignal(v)
	return err
}
