package main

import (
	"errors"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/ns"
)

// lookAtRoot gathers the facts of the root. A root of the caller's own that its mode closes to the caller (0000) is seen as
// root of a namespace sees it, through a view that is there until leave.
func (o *resolved) lookAtRoot() (f chroot.Facts, leave func(), err error) {
	leave = func() {}
	f, err = chroot.Look(o.enters())
	var closed *chroot.ClosedError
	if !errors.As(err, &closed) {
		return f, leave, err
	}
	fd, failed := o.openView(closed)
	switch {
	case failed == nil:
		o.in.View = chroot.OpenedAt(fd)
		f, err = chroot.Look(o.in.View)
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
	viewer := ns.Options{Kinds: ns.User | ns.Mount, Users: ns.IDs{Single: new(uint32)}, Groups: ns.IDs{Single: new(uint32)}}
	facts, err := viewer.Look()
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
