package main

import (
	"errors"
	"syscall"

	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/verb"
)

// withoutNamespaces takes the namespaces back that --arch alone has asked for, after a launch in which they could not be made,
// where the rules of this system do without. False if that is not so.
func (o *resolved) withoutNamespaces(ids *ns.Options, f *Facts, because error) bool {
	var failed *verb.Error
	if !errors.As(because, &failed) || failed.Operation == execve || !isRefusal(failed.Errno) || ids.Kinds == 0 || !o.canDoWithout(f) {
		return false
	}
	ids.Kinds, ids.Offer, ids.Users, ids.Groups = 0, ns.NoIDs, ns.IDs{}, ns.IDs{}
	ids.Fork = ids.Fork || o.Status >= 0 // somebody has to be left to write
	o.notes.Add("namespaces are refused here (%v); no rules have to be loaded, so the program runs without any", failed.Errno)
	return true
}

// canDoWithout tells whether nothing but --arch asks for namespaces, and that loads no rules, nor enters a root that takes them.
func (o *resolved) canDoWithout(f *Facts) bool {
	return o.Foreign.Asked && o.Insists == 0 && !f.Rules.Instance && (o.Root == "" || f.NS.UID == 0)
}

// isRefusal tells whether an error is about what may be done here: by the kernel's own rules, by its limits, or by its
// configuration (EINVAL: it has no user namespaces).
func isRefusal(errno syscall.Errno) bool {
	switch errno {
	case syscall.EPERM, syscall.EACCES, syscall.ENOSPC, syscall.EUSERS, syscall.EINVAL, syscall.ENOSYS:
		return true
	}
	return false
}
