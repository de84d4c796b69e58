package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/seccomp"
)

// filter is the filter of system calls that the options ask for; it has no program if they ask for none.
func filter(o *Options, f *ns.Facts) (launch.Filter, error) {
	if !o.FakeIDs && !o.NoSync {
		return launch.Filter{}, nil
	}
	s := seccomp.Options{FakeIDs: o.FakeIDs, NoSync: o.NoSync, Setgroups: o.NS.SetgroupsAllowed(*f)}
	s.Users, s.Groups = o.NS.Mapped(*f)
	program, err := s.Build()
	if err != nil {
		return launch.Filter{}, fmt.Errorf("--fake-ids: %w", err)
	}
	return launch.Filter{Program: program, NoNewPrivs: !o.NS.Kinds.Has(ns.User) && !isAdmin()}, nil
}

// isAdmin tells whether this process may install a filter as it is: the capability is effective.
func isAdmin() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective>>unix.CAP_SYS_ADMIN&1 != 0
}

// filtering installs the filter.
func (o *Options) filtering(f *Facts) []launch.Step {
	if len(f.Filter.Program) == 0 {
		return nil
	}
	reason := "fake what the id maps have no place for"
	if !o.FakeIDs {
		reason = "let files count as written to the disk"
	}
	return []launch.Step{{Call: f.Filter, Reason: reason}}
}

// explainFilter says why the filter could not be installed.
func explainFilter(failed *launch.Error) []string {
	if _, ours := failed.Step.Call.(launch.Filter); !ours {
		return nil
	}
	if errors.Is(failed, unix.EINVAL) || errors.Is(failed, unix.ENOSYS) {
		return []string{"filters of system calls need Linux 4.17 with CONFIG_SECCOMP_FILTER; emulated programs cannot install any"}
	}
	return nil
}
