package main

import (
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

// Facts is what is so on this machine as far as the plan depends on it.
type Facts struct {
	NS     ns.Facts
	Root   chroot.Facts
	IDs    string // "subids", "all" (of root) or "single", where that was left to xunshare
	Apt    bool   // apt needs to be told that ids are faked
	Rules  rules.Choice
	Filter filterFacts
	Target verb.Exec
	Dir    string // the caller's working directory
	Home   string // of the user in the tree, with --into
}

// gather finds the facts out, once and before anything changes, and refuses what they rule out. Where o leaves something
// to them, they complete it.
func gather(o *resolved) (f Facts, err error) {
	root, closeView, err := o.lookAtRoot()
	if err != nil {
		return f, err
	}
	defer closeView()
	f.Root = root
	if err = o.chooseRoot(); err != nil {
		return f, err
	}
	f.Target = target(o, o.environment())
	f.Target.NullOpen = o.Loads()
	f.Rules, f.Target.Env, err = rules.Choose(o.Options, &o.in, f.Target.Candidates, f.Target.Env, o.notes)
	if err != nil {
		return f, err
	}
	o.NS.NeedsRoot = len(f.Rules.Loaded)+len(f.Rules.Kept) > 0 // binfmt_misc's register file is root's
	if f.NS, err = o.NS.Look(); err != nil {
		return f, err
	}
	o.chooseIDs(&f)
	o.describeTerminal(&f)
	o.prepareInto(&f)
	if f.Apt = o.configuresApt(); f.Apt {
		f.Target.Env = withDefault(f.Target.Env, aptVariable, aptFile)
	}
	if o.Into || o.mounts() {
		f.Dir = workingDirectory()
	}
	if o.Into {
		_, f.Home, _ = o.account()
	}
	tree := o.tree(&f)
	if err = tree.Survey(&f.Root); err == nil {
		f.Filter, err = lookAtFilter(o, &f)
	}
	return f, err
}
