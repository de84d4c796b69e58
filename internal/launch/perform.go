package launch

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Perform performs a plan in a child that executes nothing, and waits for it: work in other namespaces. The plan begins with
// a Clone. It returns what has been handed over, in order. The error is an *Error where a step failed.
func Perform(plan []Step) (handed []int, err error) {
	p, a, err := prepare(plan)
	if err != nil {
		return nil, err
	}
	defer a.unload()
	pid, errno := a.startHelper(plan[0].Call.(Clone).Flags, canShare(plan))
	unix.Close(p.parent)
	if p.channel.ours >= 0 {
		unix.Close(p.channel.theirs)
		defer unix.Close(p.channel.ours)
	}
	if errno != 0 {
		return nil, &Error{Step: plan[0], Operation: "clone", Errno: errno}
	}
	status, err := wait(pid, Shield)
	switch {
	case err != nil:
		return nil, os.NewSyscallError("wait4", err)
	case a.failed == 0 && a.next != a.count:
		return nil, fmt.Errorf("a helper was killed: %v", status.Signal())
	case p.channel.ours >= 0:
		for fd, ok := p.channel.receive(); ok; fd, ok = p.channel.receive() {
			handed = append(handed, fd)
		}
	}
	if err := p.outcome(a); err != nil {
		for _, fd := range handed {
			unix.Close(fd)
		}
		return nil, err
	}
	return handed, nil
}

// startHelper starts a child that borrows the memory. Who performs plans that enter the namespaces of others has to call
// CloseMemory first.
//
//go:nosplit
//go:norace
func (a *arena) startHelper(flags uintptr, share bool) (pid int, errno syscall.Errno) {
	a.blockSignals()
	pid, errno = a.fork(flags|uintptr(unix.SIGCHLD), share)
	a.restoreSignals()
	return pid, errno
}

// unload unmaps the arena.
func (a *arena) unload() { _ = unix.MunmapPtr(unsafe.Pointer(a), uintptr(a.size)) }

// CloseMemory keeps programs in other user namespaces from this process's memory, and from its helpers': they cannot be
// traced or looked into through /proc (PR_SET_DUMPABLE(2const)), not by those either that are root of a namespace that a
// helper has entered, since the memory belongs to ours (ptrace(2), "Ptrace access mode checking").
func CloseMemory() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
