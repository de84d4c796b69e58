package main

import (
	"os"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/verb"
)

// mounts tells whether something is to be mounted in the root, or over it.
func (o *resolved) mounts() bool { return len(o.Operations) > 0 || o.ReadOnly || o.Ephemeral }

// enters is the root that the launch enters: the caller's own where something is to be mounted in that.
func (o *resolved) enters() string {
	if o.Root == "" && o.mounts() {
		return "/"
	}
	return o.Root
}

// mountIn completes what package chroot has to know of the options.
func (o *resolved) mountIn(t *chroot.Options, f *Facts) {
	t.Operations, t.ReadOnly, t.Ephemeral, t.UpperDir = o.Operations, o.ReadOnly, o.Ephemeral, o.UpperDir
	t.Root, t.Seen = o.enters(), o.in.View
	t.Mapped = func(user, group uint32) bool { return o.NS.MapsOwner(f.NS, user, group) }
	t.TTYGroup = o.NS.MapsGroup(f.NS, ttyGroup)
	t.OwnNet = o.NS.Kinds.Has(ns.Net) || !o.NS.Kinds.Has(ns.User)
	t.OwnIPC = o.NS.Kinds.Has(ns.IPC) || !o.NS.Kinds.Has(ns.User)
	t.Watched = o.NS.OwnPIDs()
	t.Furnish = o.Into
	t.Peopled = o.FakeIDs || len(o.NS.Users.Ranges) > 0
	t.Told = o.notes
	if o.Dir == "" && (o.Into || o.Root == "" && t.Root != "") {
		t.Dir, t.Home, t.GuessedDir = f.Dir, f.Home, true
	}
}

// ttyGroup is who terminals belong to, by number: Debian's base-passwd, Fedora's setup and others agree.
const ttyGroup = 5

// rename sets the host name.
func (o *resolved) rename() []verb.Step {
	if o.Hostname == "" {
		return nil
	}
	call := verb.Call(verb.Hostname{Name: o.Hostname})
	if o.Into && o.Names == 1 && o.Hostname == cmdline.HostnameOf(o.Root) { // which nobody has asked for
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

// changed is the environment after the changes. Of several variables of one name the first counts (getenv(3)).
func (o *resolved) changed(env []string) []string {
	if len(o.Env) == 0 {
		return env
	}
	env = slices.Clone(env)
	for _, c := range o.Env {
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, c.Name+"=") })
		if !c.Unset {
			env = append(env, c.Name+"="+c.Value)
		}
	}
	return env
}

// workingDirectory is the caller's.
func workingDirectory() string {
	dir, err := os.Getwd()
	if err != nil {
		return "/"
	}
	return dir
}
