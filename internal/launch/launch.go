package launch

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Run performs the plan. One that begins with Clone runs in a child: Run waits for it as w says and returns how it
// ended. Any other runs in this process, which must not go on afterwards: it is half way into the namespaces.
//
// The error is an *Error where a step failed; nothing runs any more then.
func Run(plan []Step, w Wait) (Status, error) {
	p := lower(plan, look())
	a, err := p.load()
	if err != nil {
		return Status{}, err
	}
	clone, ok := plan[0].Call.(Clone)
	if !ok {
		a.walkHere()
		return Status{}, p.outcome(a)
	}
	byDefault, ignored := w.dispositions(p.world)
	pid, errno := a.start(clone.Flags, byDefault, ignored)
	unix.Close(p.parent)
	if errno != 0 {
		return Status{}, &Error{Step: plan[0], Operation: "clone", Errno: errno}
	}
	status, err := supervise(pid, w, ignored)
	if err == nil {
		err = p.outcome(a)
	}
	return status, err
}

// outcome is the error that the walk left in the arena, if it left one.
func (p *program) outcome(a *arena) error {
	if a.failed == 0 {
		return nil
	}
	return p.failure(int(a.failed-1), syscall.Errno(a.errno))
}

// What follows runs with all signals blocked, so that no handler of the Go runtime ever runs in the child, and without
// a call that could move it to another thread: nosplit functions are not preempted at their start, and preemption
// elsewhere needs a signal. That does what locking the main goroutine to its thread would do, without the thread that
// the runtime starts for a locked one (startTemplateThread). The thread stays for as long as the process: the death
// signal of the child hangs on it (PR_SET_PDEATHSIG(2const)).

// walkHere performs the program in this thread.
//
//go:nosplit
//go:norace
func (a *arena) walkHere() {
	a.blockSignals()
	a.walk()
	a.restoreSignals()
}

// start starts the child, and sets this process up to wait before a signal can get through.
//
//go:nosplit
//go:norace
func (a *arena) start(flags uintptr, byDefault, ignored signalSet) (pid int, errno syscall.Errno) {
	a.blockSignals()
	pid, errno = a.fork(flags | uintptr(unix.SIGCHLD))
	if errno == 0 {
		setDispositions(byDefault, ignored)
	}
	a.restoreSignals()
	return pid, errno
}

const sigsetSize = 8

//go:nosplit
//go:norace
func (a *arena) blockSignals() {
	all := ^uint64(0)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK,
		uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&a.mask)), sigsetSize, 0, 0)
}

//go:nosplit
//go:norace
func (a *arena) restoreSignals() {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&a.mask)), 0, sigsetSize, 0, 0)
}
