package main

import (
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/verb"
)

// rename sets the host name.
func (o *resolved) rename() []verb.Step {
	if o.Hostname == "" {
		return nil
	}
	call := verb.Call(verb.Hostname{Name: o.Hostname})
	if !o.Named { // so it will do without
		call = verb.Try{First: call, Else: []verb.Call{verb.Say{Text: notNamed}}}
	}
	return []verb.Step{{Call: call, Reason: "set the host name"}}
}

// raiseLoopback makes a new network usable, where a tree is to be; unshare(1) leaves it as it is.
func (o *resolved) raiseLoopback() []verb.Step {
	if !o.Into || !o.NS.Kinds.Has(ns.Net) {
		return nil
	}
	return []verb.Step{{Call: verb.Loopback{}, Reason: "bring the loopback interface up"}}
}

// notNamed is said where --into does without a host name: container engines may forbid it.
const notNamed = "xunshare: note: the host name cannot be set here, so it stays as it is; --hostname= leaves it out\n"

// lock keeps the target from gaining privileges.
func (o *resolved) lock() []verb.Step {
	if !o.NoNewPrivs {
		return nil
	}
	return []verb.Step{{Call: verb.NoNewPrivileges{}, Reason: "let the program gain no privileges"}}
}

// initialize makes the process an init. It is tied to xunshare's life by the target's death signal,
// which it passes on as any other; SIGKILL ties it from the start.
func (o *resolved) initialize() []verb.Step {
	if !o.Init {
		return nil
	}
	var steps []verb.Step
	if o.NS.KillChild && o.NS.DeathSigno != unix.SIGKILL {
		steps = append(steps, verb.Step{Call: verb.DeathSignal{Signal: o.NS.DeathSigno}, Reason: "tie the init to xunshare's life"})
	}
	return append(steps, verb.Step{Call: verb.Init{}, Reason: "start the program under an init"})
}

// apt downloads as a user of its own, and reads its ids back to be sure that it has become that
// (SetupAPTPartialDirectory and DropPrivileges in apt's sources), which faked ids do not stand. It
// has a setting for it, and a variable that names a file of settings: we put one into our /dev, for
// the tree is not ours to write to.
const (
	aptVariable = "APT_CONFIG" // apt.conf(5)
	aptFile     = "/dev/xunshare-apt.conf"
	aptSetting  = "APT::Sandbox::User \"root\";\n"
)

// configuresApt tells whether apt in the root needs the setting, and can be given it.
func (o *resolved) configuresApt() bool {
	hasDev := slices.ContainsFunc(o.Operations, func(op chroot.Operation) bool { return op.Kind == chroot.Devices })
	covered := slices.ContainsFunc(o.Operations, func(op chroot.Operation) bool { return path.Clean("/"+op.Target) == path.Dir(aptFile) })
	return o.FakeIDs && len(o.NS.Users.Ranges) == 0 && hasDev && !covered && o.Root != "" && o.in.Exists("/etc/apt")
}

func (o *resolved) configureApt(f *Facts) []verb.Step {
	if !f.Apt {
		return nil
	}
	return []verb.Step{{Call: verb.CreateFile{Path: aptFile, Text: aptSetting, Mode: 0o644}, Reason: "let apt do without a user of its own"}}
}
