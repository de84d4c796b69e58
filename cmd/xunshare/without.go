package main

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/rulefile"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

// withoutNamespaces takes the namespaces back that rules alone have asked for, after a launch in
// which they could not be made, where the rules of this system do without, or may do. It returns
// what is asked for then; nil if that is not so.
func (o *resolved) withoutNamespaces(ids *ns.Options, f *Facts, because error) *cmdline.Options {
	var failed *verb.Error
	if !errors.As(because, &failed) || failed.Operation == execve || !isRefusal(failed.Errno) || ids.Kinds == 0 {
		return nil
	}
	asked, can := o.askedWithout(f, failed)
	if !can {
		return nil
	}
	refused := fmt.Sprintf("namespaces are refused here (%v)", failed.Errno)
	if asked.Into {
		refused += ", so the tree is entered by chroot(2) alone, without a /proc and a /dev of its own"
	}
	switch {
	case f.Rules.Traced || f.Rules.Instance && o.mayTrace():
		asked.Foreign.Follow = cmdline.ByTracing
		o.notes.Add("%s; foreign programs are run by tracing", refused)
	case asked.Into:
		o.notes.Add("%s", refused)
	case !f.Rules.Instance:
		o.notes.Add("%s; no rules need to be loaded, so the program runs without namespaces", refused)
	case o.mayBeServed(f):
		asked.Foreign = cmdline.Foreign{}
		o.notes.Add("%s, so the program runs only if the host has a rule for it, which cannot be seen from here", refused)
	default:
		return nil
	}
	withoutNamespaces(ids)
	ids.Fork = ids.Fork || o.Status >= 0 // somebody has to be left to write
	return &asked
}

// askedWithout is what is asked for without namespaces, and whether that can be.
func (o *resolved) askedWithout(f *Facts, failed *verb.Error) (cmdline.Options, bool) {
	_, isNew := failed.Step.Call.(verb.Clone)
	if o.Into && f.NS.UID == 0 && isNew {
		if bare := o.Bare(); bare != nil {
			return *bare, true
		}
	}
	return *o.Options, o.canDoWithout(f)
}

// canDoWithout tells whether nothing but rules asks for namespaces, and there is no root that
// takes them to be entered.
func (o *resolved) canDoWithout(f *Facts) bool {
	return o.Loads() && o.Insists == 0 && (o.Root == "" || f.NS.UID == 0)
}

// mayBeServed tells whether the program may run by rules of the host although binfmt_misc is not
// mounted here, as in containers. Only an attempt tells whether it does.
func (o *resolved) mayBeServed(f *Facts) bool {
	var st unix.Statfs_t
	seen := unix.Statfs(rulefile.Mounted, &st) == nil && st.Type == unix.BINFMTFS_MAGIC
	asked := o.Foreign
	if seen || asked.None || asked.CPU || asked.HideHost || len(asked.Emulators)+len(asked.Env)+len(asked.Sysroots) > 0 {
		return false
	}
	return slices.ContainsFunc(f.Target.Candidates, func(file string) bool {
		_, image := rules.Behind(&o.in, file)
		return image != nil && image.ELF != nil && image.ELF.Arch() != nil && !image.ELF.Arch().RunsHere()
	})
}

// isRefusal tells whether an error is about what may be done here: by the kernel's own rules, by
// its limits, or by its configuration (EINVAL: it has no user namespaces).
func isRefusal(errno syscall.Errno) bool {
	switch errno {
	case syscall.EPERM, syscall.EACCES, syscall.ENOSPC, syscall.EUSERS, syscall.EINVAL, syscall.ENOSYS:
		return true
	}
	return false
}
