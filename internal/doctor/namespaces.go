package doctor

import (
	"cmp"
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/attend"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/supervise"
	"github.com/xunshare/xunshare/internal/verb"
)

// trial is a launch without a target.
type trial struct {
	ns    ns.Options
	facts ns.Facts
	steps []verb.Step
}

// inside begins a trial in namespaces that an ordinary user makes, with the caller as root.
func inside(kinds ns.Kind) (*trial, error) {
	t := &trial{ns: ns.AsRoot(kinds)}
	t.ns.Fork = true
	return t, t.begin()
}

func (t *trial) begin() (err error) {
	t.facts, err = t.ns.Gather()
	t.steps = append(t.ns.Create(), t.ns.Map(t.facts)...)
	return err
}

func (t *trial) then(reason string, calls ...verb.Call) {
	for _, c := range calls {
		t.steps = append(t.steps, verb.Step{Call: c, Reason: reason})
	}
}

// perform performs it in a helper.
func (t *trial) perform() error {
	_, err := launch.Perform(t.steps)
	return err
}

// explain has the hints of a launch.
func (t *trial) explain(err error) []string { return Explain(&t.ns, err) }

// tried is the finding of a trial.
func (t *trial) tried(worse, fine string) Finding {
	if err := t.perform(); err != nil {
		return bad(worse, err, t.explain(err)...)
	}
	return ok("%s", fine)
}

// namespaces makes all those of --into.
func (p *patient) namespaces() Finding {
	t, err := inside(ns.Mount | ns.PID | ns.UTS | ns.IPC)
	if err != nil {
		return bad(No, err)
	}
	f := t.tried(No, "can be made by this user, who is root in them")
	p.users = unless(f, users)
	return f
}

// maps maps the sub-ids, as --map=auto does. That takes newuidmap(1), and so a launch with a
// target.
func (p *patient) maps() Finding {
	if p.users != "" {
		return needs(p.users)
	}
	t := trial{ns: ns.AsRoot(0)}
	t.ns.Offer = ns.LowIDs
	err := t.begin()
	if err == nil {
		err = t.facts.Refused
	}
	if err == nil {
		t.then("run the program", verb.Reopen{Path: os.DevNull, Descriptor: 1, Flags: unix.O_WRONLY},
			verb.Exec{Candidates: []string{"/proc/self/exe"}, Argv: []string{"xunshare", "--version"}})
		_, err = launch.Run(t.steps, supervise.Shield, attend.Parent{})
	}
	if err != nil {
		f := bad(Limited, err, t.explain(err)...)
		f.Detail = "only one id is mapped, others are faked: " + f.Detail
		return f
	}
	users, groups := t.ns.Mapped(t.facts)
	return ok("%d users and %d groups", count(users), count(groups))
}

// mountsTree enters a root, an empty one: a launch also mounts a tmpfs.
func (p *patient) mountsTree() Finding {
	f := p.entry()
	p.mounts = unless(f, cmp.Or(f.cause, mounts))
	return f
}

func (p *patient) entry() Finding {
	if p.users != "" {
		return needs(p.users)
	}
	refused := p.enter(verb.PivotRoot{New: ".", Old: "."})
	if refused == nil {
		return ok("a root can be entered, and mounts made in it")
	}
	var failed *verb.Error
	if !errors.As(refused.err, &failed) || failed.Operation != "pivot_root" {
		return bad(No, refused.err, refused.hints...)
	}
	switch {
	case p.enter(verb.Mount{Source: ".", Target: "/", Flags: unix.MS_MOVE}, verb.Chroot{Path: "."}) != nil:
		return Finding{Result: Limited, Detail: chroot.Changed, Remedy: refused.hints}
	case onInitramfs():
		return ok("the initramfs is covered by the root that is entered")
	}
	return Finding{Result: Limited, Detail: chroot.Covered, Remedy: refused.hints}
}

type refusal struct {
	err   error
	hints []string
}

// enter changes the root to a new tmpfs, by these calls.
func (p *patient) enter(calls ...verb.Call) *refusal {
	t, err := inside(ns.Mount)
	if err == nil {
		t.steps = append(t.steps, t.ns.Spread(true)...)
		t.then("mount a tmpfs", aTmpfs, verb.Chdir{Path: aTmpfs.Target})
		t.then("enter the root", calls...)
		err = t.perform()
	}
	if err != nil {
		return &refusal{err, t.explain(err)}
	}
	return nil
}

// aTmpfs lies on a directory that is there on every machine on which anything can be tried.
var aTmpfs = verb.Mount{Source: "tmpfs", Target: "/proc", Type: "tmpfs"}

func onInitramfs() bool {
	facts, _ := chroot.Gather("/")
	return facts.OnInitramfs
}

// proc mounts a new one.
func (p *patient) proc() Finding {
	if p.mounts != "" {
		return needs(p.mounts)
	}
	t, err := inside(ns.Mount | ns.PID)
	if err != nil {
		return bad(Limited, err)
	}
	t.steps = append(t.steps, t.ns.Spread(false)...)
	fresh := chroot.Options{Proc: chroot.NewProc, ProcDir: "/proc"}
	t.steps = append(t.steps, fresh.MountProc(chroot.Facts{})...)
	return t.tried(Limited, "a new one can be mounted"+hidden())
}

// hidden tells of hidepid= (proc(5)), which a new /proc does not inherit.
func hidden() string {
	if _, err := os.ReadFile("/proc/1/status"); errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return "; in the one that is here, processes of others are hidden (hidepid)"
	}
	return ""
}
