package main

import (
	"errors"
	"math/rand/v2"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/answer"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/seccomp"
	"github.com/xunshare/xunshare/internal/verb"
)

// filterFacts are what the filter of system calls depends on, and the filter.
type filterFacts struct {
	verb.Filter         // without a program if none is asked for
	pass         uint32 // the tracer's own calls have it as sixth argument
	others       bool   // a tracer has to look into programs of other users, without a right to
	unprivileged bool   // it can be installed only if set-id programs lose their effect
}

func chooseFilter(o *resolved, f *Facts) (filterFacts, error) {
	lends := len(f.Root.Lends()) > 0
	traces := f.Rules.Traced
	if !o.FakeIDs && !o.NoSync && !lends && !traces {
		return filterFacts{}, nil
	}
	s := seccomp.Options{FakeIDs: o.FakeIDs, Nodes: o.FakeIDs, NoSync: o.NoSync, Setgroups: o.NS.SetgroupsAllowed(f.NS), Removals: lends,
		Execs: traces, OwnIDs: traces && o.needsIDs(), Pass: rand.Uint32()}
	s.Users, s.Groups = o.NS.Mapped(f.NS)
	program, err := s.Build()
	if err != nil && !o.FakeIDs && !o.NoSync && !traces {
		return filterFacts{}, nil // the file is shown all the same
	}
	if err != nil {
		return filterFacts{}, remedy.Errorf("leave out --fake-ids and --suppress-sync: with many ids mapped, --fake-ids has little to do",
			"the filter of system calls cannot be built: %w", err)
	}
	filter := verb.Filter{Program: program, Listen: o.FakeIDs || lends || traces, Watched: seccomp.Watched, Execs: traces}
	return filterFacts{filter, s.Pass, s.OwnIDs, !o.NS.Kinds.Has(ns.User) && !isAdmin()}, nil
}

// isAdmin tells whether this process may install a filter as it is.
func isAdmin() bool { return hasCapability(unix.CAP_SYS_ADMIN) }

// hasCapability tells whether it is effective.
func hasCapability(number uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective>>number&1 != 0
}

// filtering installs the filter.
func (o *resolved) filtering(f *Facts) []verb.Step {
	if len(f.Filter.Program) == 0 {
		return nil
	}
	reason := "fake changes to ids that are not mapped"
	switch {
	case f.Rules.Traced:
		reason = "have programs that a rule matches seen by xunshare"
	case !o.FakeIDs && !o.NoSync:
		reason = "allow what is lent to the tree to be removed"
	case !o.FakeIDs:
		reason = "make files count as written to the disk"
	}
	step := verb.Step{Call: f.Filter.Filter, Reason: reason}
	if f.Filter.unprivileged {
		return []verb.Step{{Call: verb.NoNewPrivileges{}, Reason: reason}, step}
	}
	return []verb.Step{step}
}

// show lets a tracer see which program the child executes: a change of credentials has closed its
// memory.
func (f *filterFacts) show() []verb.Step {
	if !f.Execs {
		return nil
	}
	return []verb.Step{{Call: verb.OpenMemory{}, Reason: "let xunshare see which program is run"}}
}

// listen answers the calls that the filter leaves to xunshare.
func (f *Facts) listen(fd, stop int, told *notes.Notes) {
	var covers []*answer.Cover
	for _, l := range f.Root.Lends() {
		covers = append(covers, &answer.Cover{Path: l.Path, Dir: l.Dir, Release: func() { _ = l.Keep() }})
	}
	answer.Serve(listener.Listener(fd), stop, covers, f.tracer(told))
}

// keepLent keeps what has been written to the files that were lent to the tree.
func (f *Facts) keepLent(told *notes.Notes) {
	for _, l := range f.Root.Lends() {
		if err := l.Settle(); err != nil {
			told.Add("what was written to %s is not kept in the tree: %v", l.Path, err)
		}
	}
}

// explainFilter says why the filter could not be installed.
func explainFilter(failed *verb.Error) []string {
	if _, ours := failed.Step.Call.(verb.Filter); !ours {
		return nil
	}
	if errors.Is(failed, unix.EINVAL) || errors.Is(failed, unix.ENOSYS) {
		return []string{"filters of system calls need Linux 4.17 with CONFIG_SECCOMP_FILTER; emulated programs cannot install any"}
	}
	return nil
}
