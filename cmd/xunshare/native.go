package main

import (
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/native"
)

// showNative lets the target see what runs natively.
func (o *resolved) showNative(f *Facts) {
	if c := f.Rules.Native; c != nil && len(c.Known) > 0 {
		o.Operations = append(o.Operations, chroot.Operation{Kind: chroot.Hidden, Target: native.Folder,
			Sealed: chroot.Sealed{Dir: c.Dir, Fill: c.Fill}})
	}
}
