package main

import (
	"os"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/native"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/verb"
)

// enters is the root that the launch enters: the caller's own where something is to be mounted in
// that.
func (o *resolved) enters() string {
	if o.Root == "" && o.HasMounts() {
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

// ttyGroup is who terminals belong to, by number: Debian's base-passwd, Fedora's setup and others
// agree.
const ttyGroup = 5

// workingDirectory is the caller's.
func workingDirectory() string {
	dir, err := os.Getwd()
	if err != nil {
		return "/"
	}
	return dir
}

// showNative lets the target see what runs natively.
func (o *resolved) showNative(f *Facts) {
	if c := f.Rules.Native; c.Any() && c.Descriptor == 0 {
		o.Operations = append(o.Operations, chroot.Operation{Kind: chroot.Hidden, Target: native.Folder,
			Sealed: chroot.Sealed{Dir: c.Dir, Fill: c.Fill}})
	}
}

// lendNative is for a target that enters trees by itself.
func (o *resolved) lendNative(f *Facts) []verb.Step {
	if c := f.Rules.Native; c.Any() && c.Descriptor != 0 {
		lent := chroot.Sealed{Dir: c.Dir, Fill: c.Fill}
		return lent.Lend(c.Descriptor)
	}
	return nil
}
