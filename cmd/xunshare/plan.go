package main

import (
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/verb"
)

// plan puts the steps of a launch in order. It is the only place that knows the order, and it is
// pure: the same options and facts give the same steps. docs/architecture.md, "The order of a
// launch", says why they stand where they stand.
func plan(o *resolved, f *Facts) []verb.Step {
	tree := o.tree(f)
	rules := o.rules(f, &tree)
	var steps []verb.Step
	add := func(more []verb.Step) { steps = append(steps, more...) }

	add(o.NS.Create())
	add(o.NS.Map(f.NS))
	add(o.NS.Keep()) // before the target can run
	add(o.rename())
	add(o.raiseLoopback())
	add(o.NS.Spread(tree.Root != "" && tree.Pivot))
	add(rules.Load())    // while the host's paths still lead to the emulators
	add(o.lendNative(f)) // and to the cache
	add(tree.Enter(f.Root))
	add(tree.MountAll(f.Root))
	add(o.configureApt(f))
	add(tree.MountProc(f.Root)) // while the host's is still visible, and no sooner: it has links that lead out
	add(rules.Attach())
	add(tree.MountInProc(f.Root))
	add(tree.Seal(f.Root))
	add(tree.Leave(f.Root))
	add(o.NS.SpreadLate(tree.Root != "" && tree.Pivot))
	add(o.NS.Plant(f.NS))
	add(tree.WorkIn())
	add(o.NS.MapBack(f.NS)) // what comes after needs no privileges but over the ids
	add(o.meet())           // while the child may be looked at: an init may not
	add(o.initialize())
	add(o.NS.Become(f.NS, o.filtering(f))) // last: what came before may need privileges
	add(o.lock())
	add(f.Rules.Personality())
	add(f.Filter.show())
	return append(steps, verb.Step{Call: f.Target, Reason: "run the program"})
}

// tree is what package chroot has to know of the options.
func (o *resolved) tree(f *Facts) chroot.Options {
	t := chroot.Options{Root: o.Root, Dir: o.Dir, Pivot: o.NS.PivotAllowed(),
		Shares: o.NS.Propagate != ns.Private, ProcDir: o.ProcDir}
	o.mountIn(&t, f)
	o.procIn(&t, f)
	return t
}

// procIn says which /proc the target sees: the one that was asked for, or what rules imply.
func (o *resolved) procIn(t *chroot.Options, f *Facts) {
	switch {
	case o.ProcDir != "" && o.Into:
		t.Proc = chroot.AnyProc
		if o.Init {
			t.InitEnv = inContainer + "\x00"
		}
		return
	case o.ProcDir != "":
		t.Proc = chroot.NewProc
		return
	case !o.ProcImplied || !o.NS.Kinds.Has(ns.Mount) || (o.Root != "" && !f.Root.ProcDir):
		return
	case o.NS.OwnPIDs() && t.Root != "" && !t.Pivot: // the one that is there cannot be taken along
		t.Proc = chroot.NewProc
	case o.NS.OwnPIDs(): // nobody has asked for a new one
		t.Proc = chroot.AnyProc
	case o.Root != "" && t.Pivot:
		t.Proc = chroot.HostProc
	}
	t.ProcDir = cmdline.ProcDir
}

// rules is what package binfmt has to know of them. Rules live as long as a mount of their
// instance: in a root that has no place for one it lies beneath.
func (o *resolved) rules(f *Facts, t *chroot.Options) binfmt.Options {
	r := binfmt.Options{Kept: f.Rules.Kept, Rules: f.Rules.Loaded, Instance: f.Rules.Instance, Dir: o.BinfmtDir,
		ReadOnly: f.Rules.Instance && !o.OwnBinfmt}
	if r.Instance && o.Root != "" {
		t.Beneath = binfmt.Instance
	}
	shown := r.Instance || o.MountBinfmt && (!f.Rules.Traced || o.OwnBinfmt)
	if shown && r.Dir == "" && (o.Root == "" || t.Proc != chroot.SameProc) {
		r.Dir = o.binfmtDir(t)
	}
	return r
}

// binfmtDir is the usual place of binfmt_misc. In a root it is beneath the /proc that was asked
// for: one that is not in /proc is the only one.
func (o *resolved) binfmtDir(t *chroot.Options) string {
	if o.Root == "" {
		return cmdline.BinfmtDir
	}
	return path.Join(t.ProcDir, strings.TrimPrefix(cmdline.BinfmtDir, cmdline.ProcDir))
}
