package main

import (
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/native"
	"github.com/xunshare/xunshare/internal/verb"
)

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
