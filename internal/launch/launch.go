// Package launch performs a plan: Run in a new process or in this one, for the target to run;
// Perform in a helper that executes nothing. It puts together what others do: verbs are lowered
// (package verb), the program is walked without a Go runtime (package machine), the parent does its
// part (package attend), and stands for the target (package supervise).
//
// Not for: what is in a plan.
package launch

import (
	"cmp"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/attend"
	"github.com/xunshare/xunshare/internal/caller"
	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/supervise"
	"github.com/xunshare/xunshare/internal/verb"
)

// Run performs the plan. What follows a Clone runs in a child: Run waits for it as w says and
// returns how it ended. All else runs in this process, which must not go on if there was no Clone:
// it is half way into the namespaces.
//
// The error is a *verb.Error where a step failed; nothing runs any more then.
func Run(plan []verb.Step, w supervise.Wait, parent attend.Parent) (supervise.Status, error) {
	here, child := split(plan)
	if len(here) > 0 {
		if err := runHere(here, parent); err != nil || len(child) == 0 {
			return supervise.Status{}, err
		}
	}
	return runChild(child, w, parent, len(here) > 0)
}

// split divides a plan before its Clone.
func split(plan []verb.Step) (here, child []verb.Step) {
	for i, s := range plan {
		if _, ok := s.Call.(verb.Clone); ok {
			return plan[:i], plan[i:]
		}
	}
	return plan, nil
}

// runHere performs steps in this process, and in this thread of it: namespaces and ids belong to
// threads (unshare(2), credentials(7)), and execve(2) takes those of the thread that calls it.
func runHere(steps []verb.Step, parent attend.Parent) error {
	p, err := prepare(steps, parent)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	err = p.attendant.AttendHere(func() (goOn bool) {
		p.arena.WalkHere()
		return !p.arena.Failed()
	})
	if err = cmp.Or(err, p.outcome()); err != nil {
		p.attendant.Undo()
	}
	return err
}

// A supervisor stands for the target from the moment that it listens to signals.
type supervisor interface {
	Dispositions() (byDefault, ignored machine.SignalSet)
	Begin(pid int)
	Watch(polled []unix.PollFd)
	React(polled []unix.PollFd)
	Look() (end supervise.Status, ended bool, err error)
	Close()
}

// runChild performs the steps after a Clone in a child, and waits for it. If this thread is not as
// the others any more, what the child waits for is done by another.
func runChild(steps []verb.Step, w supervise.Wait, parent attend.Parent, elsewhere bool) (status supervise.Status, err error) {
	p, err := prepare(steps, parent)
	if err != nil {
		return status, err
	}
	p.attendant.Elsewhere = elsewhere
	s, err := p.supervisor(w)
	if err != nil {
		return status, err
	}
	defer s.Close()
	pid, err := p.start(s.Dispositions())
	if err == nil {
		status, err = p.stand(s, pid)
		err = cmp.Or(err, p.outcome())
	}
	caller.EndWith(0)
	if err = cmp.Or(p.attendant.End(), err); err != nil {
		p.attendant.Undo()
	}
	return status, err
}

// stand attends to the child, hears signals and waits for the end of the target, in turn: nothing
// that a launch waits for is done beside that, for one more goroutine is one more thread.
func (p *performance) stand(s supervisor, pid int) (supervise.Status, error) {
	var polled [5]unix.PollFd
	signals, child := polled[:2], polled[2:]
	signals[1].Fd = -1 // which some have no use for
	s.Begin(pid)
	p.attendant.Begin(pid)
	for {
		if status, ended, err := s.Look(); ended {
			return status, err
		}
		s.Watch(signals)
		p.attendant.Watch(child)
		if n, _ := unix.Poll(polled[:], -1); n > 0 { // or it has been interrupted
			s.React(signals)
			p.attendant.React(child)
		}
	}
}

// supervisor is the one for the plan's target.
func (p *performance) supervisor(w supervise.Wait) (supervisor, error) {
	if after, ok := verb.AfterInit(p.plan); ok {
		return supervise.NewJob(&p.arena.Station, &p.Self, verb.CanShare(after))
	}
	return supervise.NewRelay(w, p.flags()&unix.CLONE_NEWPID != 0, &p.Self)
}

// flags are those of the plan's Clone, its first step.
func (p *performance) flags() uintptr { return p.plan[0].Call.(verb.Clone).Flags }

// start starts the child.
func (p *performance) start(byDefault, ignored machine.SignalSet) (pid int, err error) {
	pid, errno := p.arena.Start(p.flags(), verb.CanShare(p.plan), byDefault, ignored)
	unix.Close(p.Parent)
	if errno != 0 {
		return 0, &verb.Error{Step: p.plan[0], Operation: "clone", Errno: errno}
	}
	caller.EndWith(pid)
	if verb.Want(p.plan, verb.HeldMounts) {
		holdMounts(pid)
	}
	return pid, nil
}

// holdMounts keeps the child's mount namespace, and with it all mounts there, for as long as this
// process lives. A child that has ended already needs none.
func holdMounts(pid int) {
	_, _ = unix.Open("/proc/"+strconv.Itoa(pid)+"/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// A performance is a plan that is being performed.
type performance struct {
	*machine.Program
	plan      []verb.Step
	arena     *machine.Arena
	attendant *attend.Attendant
}

// prepare lowers a plan and loads it.
func prepare(plan []verb.Step, parent attend.Parent) (*performance, error) {
	w := machine.Gather()
	attendant, err := attend.New(plan, parent, &w)
	if err != nil {
		unix.Close(w.Parent) // a process that only performs plans goes on
		return nil, err
	}
	p := &performance{Program: machine.New(w, len(plan)), plan: plan, attendant: attendant}
	for i, s := range plan {
		p.Begin(i)
		if !attend.Joins(plan, i) {
			s.Call.Lower(p.Program)
		}
	}
	p.arena, err = p.Load()
	return p, err
}

// outcome is the error that the walk left in the arena, if it left one.
func (p *performance) outcome() error {
	f := p.Outcome(p.arena)
	if f == nil {
		return nil
	}
	return &verb.Error{Step: p.plan[f.Step], Operation: f.Operation, Path: f.Path, Errno: f.Errno}
}
