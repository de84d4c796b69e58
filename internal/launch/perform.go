package launch

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/attend"
	"github.com/xunshare/xunshare/internal/supervise"
	"github.com/xunshare/xunshare/internal/verb"
)

// Perform performs a plan in a helper, a child that executes nothing, and waits for it: work in
// other namespaces. The plan begins with a Clone. It returns all that has been handed over, in
// order. The error is a *verb.Error where a step failed. A helper that is stopped is killed:
// programs of the same user may stop it, and nobody would let it go on.
//
// The helper has a copy of this process's memory. Before a plan that enters the namespaces of
// others CloseMemory has to be called.
func Perform(plan []verb.Step) (handed []int, err error) {
	p, err := prepare(plan, attend.Parent{})
	if err != nil {
		return nil, err
	}
	defer p.arena.Unload()
	defer p.attendant.End()
	pid, errno := p.arena.StartHelper(p.flags())
	unix.Close(p.Parent)
	p.attendant.Begin(pid)
	if errno != 0 {
		return nil, &verb.Error{Step: plan[0], Operation: "clone", Errno: errno}
	}
	status, err := waitForHelper(pid)
	handed = p.attendant.Receive()
	switch {
	case err != nil:
		err = os.NewSyscallError("wait4", err)
	case !p.arena.Failed() && !p.arena.Finished():
		err = fmt.Errorf("a helper was killed: %v", status.Signal())
	case p.arena.Failed():
		err = p.outcome()
	case len(handed) != p.attendant.HandOvers():
		err = errors.New("a helper's descriptors could not all be taken")
	}
	if err != nil {
		for _, fd := range handed {
			unix.Close(fd)
		}
		return nil, err
	}
	return handed, nil
}

// waitForHelper waits for the end of a helper, which comes at once if it is stopped.
func waitForHelper(pid int) (unix.WaitStatus, error) {
	status, err := supervise.WaitFor(pid, supervise.Transparent)
	if err == nil && status.Stopped() {
		unix.Kill(pid, unix.SIGKILL)
		return supervise.WaitFor(pid, supervise.Shield)
	}
	return status, err
}

// CloseMemory keeps programs in other user namespaces from this process's memory, and from its
// helpers': they cannot be traced or looked into through /proc (PR_SET_DUMPABLE(2const)), not by
// those either that are root of a namespace that a helper has entered, since the memory belongs to
// ours (ptrace(2), "Ptrace access mode checking").
func CloseMemory() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
