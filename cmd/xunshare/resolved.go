package main

import (
	"path"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/ns"
)

// resolved is what was asked, completed by what this machine makes of it. The fields that it has
// itself hide those of the options, which stay as they were: a launch that is tried again begins
// with them.
type resolved struct {
	*cmdline.Options
	NS             ns.Options // with the ids that are offered, and who is root
	cmdline.Mounts            // with those that --into adds
	FakeIDs        bool

	traces bool // rules are followed by a tracer

	in     inside.Root // the root, before it is entered
	notes  *notes.Notes
	user   *account  // who the target is; nil until somebody has asked
	caller *newcomer // the caller as a user whom the tree does not know; nil if it is not so
}

// resolve begins with what was asked. ids are what was asked about those, or what is left of that.
func resolve(asked *cmdline.Options, ids ns.Options, told *notes.Notes) *resolved {
	o := &resolved{Options: asked, NS: ids, Mounts: asked.Mounts, FakeIDs: asked.FakeIDs, notes: told}
	o.in = inside.Root{Root: asked.Root, Dir: o.lookIn}
	for _, op := range asked.Operations {
		if op.Kind == chroot.Bind {
			o.in.Shown = append(o.in.Shown, inside.Shown{At: path.Clean(op.Target), From: op.Source, ReadOnly: op.ReadOnly})
		}
	}
	o.chooseFollower()
	return o
}

// prepend puts an operation before all others.
func (o *resolved) prepend(op chroot.Operation) {
	o.Operations = append([]chroot.Operation{op}, o.Operations...)
}
