package main

import (
	"errors"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

// Facts are what holds on this machine, as far as the plan depends on it.
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

// gather finds the facts out, once and before anything changes, and refuses what they rule out.
// Where o leaves something to them, they complete it.
func gather(o *resolved) (f Facts, err error) {
	root, closeView, err := o.gatherRoot()
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
	f.Rules, f.Target.Env, err = rules.Choose(o.Options, &o.in, f.Target.Candidates, f.Target.Env, o.traces, o.notes)
	if err != nil {
		return f, err
	}
	o.tellFollower(&f)
	o.showNative(&f)
	// binfmt_misc's register file is root's; and a tool that maps sub-ids, in wrap mode, needs a
	// root above it, whoever follows the rules.
	o.NS.NeedsRoot = len(f.Rules.Loaded)+len(f.Rules.Kept) > 0 && o.NS.Kinds.Has(ns.User)
	if f.NS, err = o.NS.Gather(); err != nil {
		return f, err
	}
	o.chooseIDs(&f)
	o.describeTerminal(&f)
	o.prepareInto(&f)
	if f.Apt = o.configuresApt(); f.Apt && !o.ClearEnv && !o.Whitelist {
		f.Target.Env = environ.WithDefault(f.Target.Env, aptVariable, aptFile)
	}
	if o.Into || o.HasMounts() {
		f.Dir = workingDirectory()
	}
	if o.Into {
		f.Home = o.account().home
	}
	tree := o.tree(&f)
	if err = tree.Survey(&f.Root); err == nil {
		f.Filter, err = chooseFilter(o, &f)
	}
	return f, err
}

// gatherRoot gathers the facts of the root. A root of the caller's own that its mode closes to the
// caller (0000) is seen as root of a namespace sees it, through a view that is there until leave.
func (o *resolved) gatherRoot() (f chroot.Facts, leave func(), err error) {
	leave = func() {}
	f, err = chroot.Gather(o.enters())
	var closed *chroot.ClosedError
	if !errors.As(err, &closed) {
		return f, leave, err
	}
	fd, failed := o.openView(closed)
	switch {
	case failed == nil:
		o.in.View = chroot.OpenedAt(fd)
		f, err = chroot.Gather(o.in.View)
		return f, func() { chroot.CloseView(fd); o.in.View = "" }, err
	case closed.Searchable:
		err = nil
	}
	return f, leave, err
}

var errNoView = errors.New("the root is not the caller's, or there is no user namespace")

func (o *resolved) openView(closed *chroot.ClosedError) (fd int, err error) {
	if !o.NS.Kinds.Has(ns.User) {
		return -1, errNoView
	}
	viewer := ns.AsRoot(ns.Mount)
	facts, err := viewer.Gather()
	if err != nil || !viewer.MapsOwner(facts, closed.User, closed.Group) {
		return -1, errNoView
	}
	steps := append(viewer.Create(), viewer.Map(facts)...)
	steps = append(steps, viewer.Spread(false)...)
	fds, err := launch.Perform(append(steps, chroot.View(closed.Root)...))
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}
