package launch

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Perform performs a plan in a child that executes nothing, and waits for it: work in other namespaces. The plan begins with
// a Clone. It returns all that has been handed over, in order. The error is an *Error where a step failed. A child that is
// stopped is killed: programs of the same user may stop it, and nobody would let it go on.
func Perform(plan []Step) (handed []int, err error) {
	p, a, err := prepare(plan)
	if err != nil {
		return nil, err
	}
	defer a.unload()
	pid, errno := a.startHelper(plan[0].Call.(Clone).Flags)
	unix.Close(p.parent)
	if p.channel.ours >= 0 {
		unix.Close(p.channel.theirs)
		defer unix.Close(p.channel.ours)
	}
	if errno != 0 {
		return nil, &Error{Step: plan[0], Operation: "clone", Errno: errno}
	}
	if status, err := waitForHelper(pid); err != nil {
		return nil, os.NewSyscallError("wait4", err)
	} else if a.failed == 0 && a.next != a.count {
		return nil, fmt.Errorf("a helper was killed: %v", status.Signal())
	}
	handed = p.channel.receiveAll()
	err = p.outcome(a)
	if err == nil && len(handed) != handOvers(plan) {
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
	status, err := wait(pid, Transparent)
	if err == nil && status.Stopped() {
		unix.Kill(pid, unix.SIGKILL)
		return wait(pid, Shield)
	}
	return status, err
}

// startHelper starts a child with a copy of the memory: while one borrowed it, nobody could wait for it to be stopped. Who
// performs plans that enter the namespaces of others has to call CloseMemory first.
//
//go:nosplit
//go:norace
func (a *arena) startHelper(flags uintptr) (pid int, errno syscall.Errno) {
	a.blockSignals()
	pid, errno = a.fork(flags|uintptr(unix.SIGCHLD), false)
	a.restoreSignals()
	return pid, errno
}

// unload unmaps the arena.
func (a *arena) unload() { _ = unix.MunmapPtr(unsafe.Pointer(a), uintptr(a.size)) }

// CloseMemory keeps programs in other user namespaces from this process's memory, and from its helpers': they cannot be
// traced or looked into through /proc (PR_SET_DUMPABLE(2const)), not by those either that are root of a namespace that a
// helper has entered, since the memory belongs to ours (ptrace(2), "Ptrace access mode checking").
func CloseMemory() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
