package machine

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// What follows runs with all signals blocked, so that no handler of the Go runtime ever runs in the
// child, and without a call that could move it to another thread: nosplit functions are not
// preempted at their start, and preemption elsewhere needs a signal. That does what locking the
// main goroutine to its thread would do, without the thread that the runtime starts for a locked
// one (startTemplateThread). The thread stays for as long as the process: the death signal of the
// child hangs on it (PR_SET_PDEATHSIG(2const)).

// WalkHere performs the program in this thread, up to its end, its next Wait, or a call that fails.
//
//go:nosplit
//go:norace
func (a *Arena) WalkHere() {
	a.here = 1
	a.blockSignals()
	caller.RestoreSlack()
	a.walk()
	a.restoreSignals()
}

// Start sets this process up to wait, so that no signal comes too early for that, and starts the
// child, which sets all dispositions anew before it executes the target. A child that may share
// borrows this process's memory meanwhile.
//
//go:nosplit
//go:norace
func (a *Arena) Start(flags uintptr, share bool, byDefault, ignored SignalSet) (pid int, errno syscall.Errno) {
	a.blockSignals()
	caller.RestoreSlack()
	SetDispositions(byDefault, ignored)
	a.plain = byDefault
	if a.Station.wanted != 0 {
		pid, errno = a.forkInit(flags | uintptr(unix.SIGCHLD))
	} else {
		pid, errno = a.fork(flags|uintptr(unix.SIGCHLD), share)
	}
	a.restoreSignals()
	return pid, errno
}

// StartHelper starts a child with a copy of the memory: while one borrowed it, nobody could wait
// for it to be stopped.
//
//go:nosplit
//go:norace
func (a *Arena) StartHelper(flags uintptr) (pid int, errno syscall.Errno) {
	a.blockSignals()
	pid, errno = a.fork(flags|uintptr(unix.SIGCHLD), false)
	a.restoreSignals()
	return pid, errno
}

//go:nosplit
//go:norace
func (a *Arena) blockSignals() {
	all := ^uint64(0)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK,
		uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&a.mask)), SigsetSize, 0, 0)
}

//go:nosplit
//go:norace
func (a *Arena) restoreSignals() {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&a.mask)), 0, SigsetSize, 0, 0)
}
