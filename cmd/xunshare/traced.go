package main

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/trace"
	"github.com/xunshare/xunshare/internal/verb"
)

// chooseFollower decides who follows rules: the kernel, if it can, or a tracer. That needs somebody
// who waits, and no namespaces: where it was asked for by name, none are made for the rules alone.
// Otherwise they are: programs can make further ones with sub-ids in them, and set-id programs have
// their effect.
func (o *resolved) chooseFollower() {
	asked := o.Foreign.Follow
	o.traces = o.Loads() && (asked == cmdline.ByTracing || asked == cmdline.Auto && !binfmt.PerNamespace() && trace.Available())
	if !o.traces {
		return
	}
	o.NS.Fork = true
	if asked == cmdline.ByTracing && o.Foreign.Asked && o.Insists == 0 && o.Root == "" {
		withoutNamespaces(&o.NS)
	}
}

// tellFollower says who follows the rules, and why, where that was left to xunshare. If the kernel
// refuses, byTracing says so later.
func (o *resolved) tellFollower(f *Facts) {
	switch {
	case o.Foreign.Follow != cmdline.Auto:
	case f.Rules.Traced:
		o.notes.Detail("xunshare follows the rules, by tracing: a user namespace has none of its own before Linux 6.7")
	case f.Rules.Instance && len(f.Rules.Loaded) > 0:
		o.notes.Detail("the kernel is to follow the rules: since Linux 6.7 a user namespace has its own")
	}
}

func withoutNamespaces(ids *ns.Options) {
	ids.Kinds, ids.Offer, ids.Users, ids.Groups = 0, ns.NoIDs, ns.IDs{}, ns.IDs{}
}

// byTracing asks for a launch anew, with a tracer, after one in which the kernel has refused to
// follow rules; nil if that was not so.
func (o *resolved) byTracing(because error) *cmdline.Options {
	var failed *verb.Error
	if !errors.As(because, &failed) || !binfmt.IsInstance(failed.Step.Call) || !o.mayTrace() {
		return nil
	}
	asked := *o.Options
	asked.Foreign.Follow = cmdline.ByTracing
	o.notes.Detail("the kernel follows no rules in a user namespace here (%v), so xunshare does, by tracing", failed.Errno)
	return &asked
}

// mayTrace tells whether a tracer would do where the kernel does not.
func (o *resolved) mayTrace() bool {
	return trace.Available() && o.Foreign.Follow == cmdline.Auto && o.Loads() && !o.OwnBinfmt
}

// needsIDs tells whether a tracer could not look into programs that become other users. In a user
// namespace that this process has made it has all rights.
func (o *resolved) needsIDs() bool {
	return !o.NS.Kinds.Has(ns.User) && unix.Geteuid() == 0 && !hasCapability(unix.CAP_SYS_PTRACE) && !o.FakeIDs
}

// tracer makes what follows the rules; nil if the kernel does.
func (f *Facts) tracer(told *notes.Notes) *trace.Tracer {
	if !f.Rules.Traced {
		return nil
	}
	var rules []trace.Rule
	for _, r := range f.Rules.Loaded {
		opened := -1
		if r.Has('F') {
			opened, _ = unix.Open(r.Interpreter, unix.O_RDONLY|unix.O_CLOEXEC, 0) // it has been judged: see rules.Choose
		}
		rules = append(rules, trace.Rule{Rule: r, Opened: opened})
	}
	t := trace.New(rules, f.Filter.pass, func(sentence string) { told.Add("%s", sentence) })
	t.Others = f.Filter.others
	return t
}
