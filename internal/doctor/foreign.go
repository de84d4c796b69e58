package doctor

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/trace"
)

// tracing asks for what a tracer needs, which is not much: no namespaces, and no rights.
func (p *patient) tracing() Finding {
	if p.traces = trace.Available(); p.traces {
		return ok("foreign programs can be run without rules and namespaces (--binfmt=trace)")
	}
	return Finding{Result: Limited, Detail: "foreign programs cannot be run by tracing here; that needs Linux 5.9 with CONFIG_SECCOMP_FILTER, and amd64"}
}

// instance makes a binfmt_misc of a user namespace's own, and writes a rule into it. Emulators are
// another check's.
func (p *patient) instance() Finding {
	if p.rules = p.users; p.users != "" {
		return needs(p.users)
	}
	f := p.register([]*binfmt.Rule{{Name: "xunshare-doctor", Type: 'E', Extension: "xunshare-doctor", Interpreter: "/bin/false"}},
		"a user namespace has rules of its own")
	if p.rules = unless(f, rules); p.rules != "" && p.traces {
		p.rules, f.Result = "", Limited
		f.Detail += ", so xunshare follows them, by tracing"
	} else {
		p.traces = false
	}
	return f
}

// register writes rules as a launch does.
func (p *patient) register(rules []*binfmt.Rule, fine string) Finding {
	t, err := inside(ns.Mount)
	if err != nil {
		return bad(No, err)
	}
	load := binfmt.Options{Instance: true, Rules: rules}
	t.steps = append(t.steps, load.Load()...)
	return t.tried(No, fine)
}

// common are the architectures that are looked at if none is given.
var common = [...]string{"aarch64", "arm", "ppc64le", "riscv64", "s390x", "x86_64"}

// emulators has a finding for each architecture: those of --arch, all of which have to work, or the
// common ones, of which one has to.
func (p *patient) emulators() (findings []Finding, works bool, err error) {
	arches, given := p.asked.Foreign.Arches, true
	if len(arches) == 0 {
		arches, given = p.commonArches(), false
	}
	search, err := emulator.Searching(environ.Get("PATH"), p.asked.Foreign.Emulators, arches)
	if err != nil {
		return nil, false, err
	}
	for _, a := range arches {
		f := p.emulator(search, a)
		f.Check = "emulator-" + a.Name
		findings = append(findings, f)
	}
	lacks := func(f Finding) bool { return f.Result == No }
	if given {
		return findings, !slices.ContainsFunc(findings, lacks), nil
	}
	return findings, slices.ContainsFunc(findings, func(f Finding) bool { return !lacks(f) }), nil
}

// commonArches are the common ones, but for what the machine runs by itself, and those that
// --emulator is about.
func (p *patient) commonArches() (list []*binfmt.Arch) {
	for _, name := range common {
		if a := binfmt.FindArch(name); !a.RunsHere() {
			list = append(list, a)
		}
	}
	for _, e := range p.asked.Foreign.Emulators {
		if e.Arch != nil && !slices.Contains(list, e.Arch) {
			list = append(list, e.Arch)
		}
	}
	return list
}

// emulator has the kernel open the emulator that is found, as its rule does.
func (p *patient) emulator(search *emulator.Search, a *binfmt.Arch) Finding {
	if a.RunsHere() && !p.asked.Foreign.CPU {
		return ok("not needed here")
	}
	if _, err := os.Stat("/proc/self/fd"); err != nil { // which files are looked into through
		return needs(cmp.Or(p.users, proc))
	}
	served := func(f Finding) Finding {
		if a.Runs() {
			return ok("a rule of the host runs its programs")
		}
		return f
	}
	e, err := search.Find(a, true)
	if err != nil {
		return served(bad(No, err))
	}
	if p.rules != "" {
		return served(needs(p.rules))
	}
	if p.traces {
		return ok("%s", describe(e))
	}
	f := p.register(a.Rules(e.Path, e.Flags(!p.asked.Foreign.NoSetuid)), describe(e))
	if f.Result == OK && tooOld(e) {
		f.Result = Limited
		f.Detail += ": older than 6.0, so programs find their path in place of the name that they were called by (flag P)"
		f.Remedy = []string{search.Install(a)}
	}
	return f
}

func describe(e *emulator.Emulator) string {
	version, _, _ := strings.Cut(e.Version.Text, " ")
	return strings.TrimSpace(fmt.Sprintf("%s, %s %s", e.Path, e.Kind, version))
}

// tooOld tells of a QEMU without flag P. One whose version is not known may have it.
func tooOld(e *emulator.Emulator) bool {
	return e.Kind == emulator.QEMU && e.Version.Major > 0 && !strings.Contains(e.Flags(true), "P")
}

// companions runs a program of each 32-bit architecture that belongs to the host's.
func (p *patient) companions() Finding {
	var runs, others []string
	host := binfmt.Host()
	for _, a := range binfmt.Arches() {
		switch {
		case a.Name == host.Name || !a.RunsOn(host):
		case a.RunsHere():
			runs = append(runs, a.Name)
		default:
			others = append(others, a.Name)
		}
	}
	switch {
	case len(others) > 0:
		return Finding{Result: Limited, Detail: "programs for " + strings.Join(others, " and ") + " need an emulator here"}
	case len(runs) == 0:
		return ok("%s has no 32-bit companion", host.Name)
	}
	return ok("the kernel runs programs for %s", strings.Join(runs, " and "))
}
