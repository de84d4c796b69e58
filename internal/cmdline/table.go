package cmdline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/ns"
)

// An option is one of the command line. All that is known of it stands in its row of the table:
// normalize reads the first half, the parser calls set in the order of the command line, so that
// the last of several wins.
type option struct {
	name     string
	short    byte // 0 for none
	takes    argument
	preset   string // the value where an optional argument is left out
	ours     bool   // unshare(1) does not have it
	implies  ns.Kind
	persists bool // the value is a file that the namespace is kept on
	rules    bool // the namespaces are for rules, and of no use without
	set      func(o *Options, value string) error
}

// argument says whether an option takes one.
type argument uint8

const (
	none argument = iota
	required
	optional // only as --name=value
)

// The usual places of what is mounted for others to be seen in.
const (
	ProcDir   = "/proc"
	BinfmtDir = "/proc/sys/fs/binfmt_misc"
)

var table = [...]option{
	{name: "mount", short: 'm', takes: optional, implies: ns.Mount, persists: true},
	{name: "uts", short: 'u', takes: optional, implies: ns.UTS, persists: true},
	{name: "ipc", short: 'i', takes: optional, implies: ns.IPC, persists: true},
	{name: "net", short: 'n', takes: optional, implies: ns.Net, persists: true},
	{name: "pid", short: 'p', takes: optional, implies: ns.PID, persists: true},
	{name: "cgroup", short: 'C', takes: optional, implies: ns.Cgroup, persists: true},
	{name: "time", short: 'T', takes: optional, implies: ns.Time, persists: true},
	{name: "user", short: 'U', takes: optional, implies: ns.User, persists: true},
	{name: "fork", short: 'f', set: func(o *Options, _ string) error { o.NS.Fork = true; return nil }},
	{name: "map-root-user", short: 'r', implies: ns.User, set: mapRoot},
	{name: "map-current-user", short: 'c', implies: ns.User, set: mapCurrent},
	{name: "map-user", takes: required, implies: ns.User, set: mapUser},
	{name: "map-group", takes: required, implies: ns.User, set: mapGroup},
	{name: "map-users", takes: required, implies: ns.User, set: mapUsers},
	{name: "map-groups", takes: required, implies: ns.User, set: mapGroups},
	{name: "map-auto", implies: ns.User, set: mapAuto},
	{name: "map-subids", implies: ns.User, set: mapSubids},
	{name: "owner", takes: required, implies: ns.User, set: setOwner},
	{name: "setgroups", takes: required, set: setSetgroups},
	{name: "setuid", short: 'S', takes: required, set: setUser},
	{name: "setgid", short: 'G', takes: required, set: setGroup},
	{name: "keep-caps", set: func(o *Options, _ string) error { o.NS.KeepCaps = true; return nil }},
	{name: "map", takes: required, ours: true, implies: ns.User, set: setMap},
	{name: "fake-ids", ours: true, set: func(o *Options, _ string) error { o.FakeIDs = true; return nil }},
	{name: "monotonic", takes: required, set: func(o *Options, v string) error { return seconds(&o.NS.Monotonic, v) }},
	{name: "boottime", takes: required, set: func(o *Options, v string) error { return seconds(&o.NS.Boottime, v) }},
	{name: "propagation", takes: required, set: setPropagation},
	{name: "mount-proc", takes: optional, preset: ProcDir, implies: ns.Mount, set: mountProc},
	{name: "mount-binfmt", takes: optional, implies: ns.Mount | ns.User, set: mountBinfmt},
	{name: "load-interp", short: 'l', takes: required, implies: ns.Mount | ns.User, rules: true, set: loadInterp},
	{name: "load-binfmt", takes: required, ours: true, implies: ns.Mount | ns.User, rules: true, set: loadBinfmt},
	{name: "binfmt", takes: required, ours: true, set: setBinfmt},
	{name: archOption, takes: required, ours: true, implies: ns.Mount | ns.User, rules: true, set: setArch},
	{name: "emulator", takes: required, ours: true, set: setEmulator},
	{name: "emulator-env", takes: required, ours: true, set: setEmulatorEnv},
	{name: "sysroot", takes: required, ours: true, set: setSysroot},
	{name: "cpu", takes: required, ours: true, set: setCPU},
	{name: "guest-setuid", takes: required, ours: true, set: setGuestSetuid},
	{name: "host-binfmt", takes: required, ours: true, set: setHostBinfmt},
	{name: "native", takes: optional, ours: true, implies: ns.Mount, set: setNative},
	{name: "native-root", takes: required, ours: true, set: setNativeRoot},
	{name: "native-tree", takes: required, ours: true, set: setNativeTree},
	{name: "list-native", ours: true, set: listNative},
	{name: "list-arches", takes: optional, preset: ListTable, ours: true, set: setListArches},
	{name: "doctor", takes: optional, preset: DoctorText, ours: true, set: setDoctor},
	{name: "print-rule", takes: required, ours: true, set: setPrintRule},
	{name: "into", takes: required, ours: true, set: setInto},
	{name: "config", takes: required, ours: true},
	{name: "root", short: 'R', takes: required, set: func(o *Options, v string) error { o.Root = v; return notEmpty(v) }},
	{name: "wd", short: 'w', takes: required, set: func(o *Options, v string) error { o.Dir = v; return notEmpty(v) }},
	{name: "bind", takes: required, ours: true, implies: ns.Mount, set: bind},
	{name: "ro-bind", takes: required, ours: true, implies: ns.Mount, set: bindReadOnly},
	{name: "tmpfs", takes: required, ours: true, implies: ns.Mount, set: addTmpfs},
	{name: "dev", ours: true, implies: ns.Mount, set: addDevices},
	{name: "sys", ours: true, implies: ns.Mount, set: addSystem},
	{name: "resolv-conf", takes: required, ours: true, implies: ns.Mount, set: setResolver},
	{name: "bind-self", takes: optional, preset: ownPlace, ours: true, implies: ns.Mount, set: bindSelf},
	{name: "read-only", takes: optional, preset: "yes", ours: true, implies: ns.Mount, set: setReadOnly},
	{name: "ephemeral", takes: optional, ours: true, implies: ns.Mount, set: setEphemeral},
	{name: "hostname", takes: required, ours: true, implies: ns.UTS, set: setHostname},
	{name: "setenv", takes: required, ours: true, set: setEnv},
	{name: "unsetenv", takes: required, ours: true, set: unsetEnv},
	{name: "no-new-privs", ours: true, set: func(o *Options, _ string) error { o.NoNewPrivs = true; return nil }},
	{name: "init", ours: true, set: func(o *Options, _ string) error { o.NS.Fork, o.Init = true, true; return nil }},
	{name: "no-init", ours: true, set: func(o *Options, _ string) error { o.Init = false; return nil }},
	{name: "forward-signals", set: forwardSignals},
	{name: "suppress-sync", ours: true, set: func(o *Options, _ string) error { o.NoSync = true; return nil }},
	{name: "clear-env", set: func(o *Options, _ string) error { o.ClearEnv = true; return nil }},
	{name: "whitelist-env", takes: required, set: whitelist},
	{name: "kill-child", takes: optional, preset: "KILL", set: killChild},
	{name: "json-status-fd", takes: required, ours: true, set: setStatusFD},
	{name: "verbose", ours: true, set: func(o *Options, _ string) error { o.Verbose = true; return nil }},
	{name: "dry-run", ours: true, set: func(o *Options, _ string) error { o.DryRun = true; return nil }},
	{name: "help", short: 'h', set: func(o *Options, _ string) error { o.Help = true; return errEnough }},
	{name: "version", short: 'V', set: func(o *Options, _ string) error { o.Version = true; return errEnough }},
}

// apply does what the option means to o.
func (f *option) apply(o *Options, value string) error {
	o.NS.Kinds |= f.implies
	if !f.rules {
		o.Insists |= f.implies
	}
	if f.persists && value != "" {
		o.persist(f.implies, value)
	}
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

// persist keeps one file for each kind, the last one.
func (o *Options) persist(kind ns.Kind, file string) {
	others := slices.DeleteFunc(o.NS.Persist, func(p ns.Persist) bool { return p.Kind == kind })
	o.NS.Persist = append(others, ns.Persist{Kind: kind, File: file})
}

func seconds(to **int64, v string) error {
	n, err := strconv.ParseInt(strings.TrimLeft(v, " \t"), 10, 64)
	*to = &n
	if err != nil {
		return fmt.Errorf("%q is not a decimal number of seconds", v)
	}
	return nil
}

func forwardSignals(o *Options, _ string) error {
	o.NS.Fork, o.NS.Forward = true, true
	return nil
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
	o.MountBinfmt, o.OwnBinfmt, o.BinfmtDir = true, true, v
	o.ProcImplied = o.ProcImplied || v == ""
	return nil
}

func killChild(o *Options, v string) (err error) {
	o.NS.Fork, o.NS.KillChild = true, true
	o.NS.DeathSigno, err = ns.ParseSignal(v)
	return err
}
