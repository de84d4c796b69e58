package launch

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Run performs the plan. One that begins with Clone runs in a child: Run waits for it as w says and returns how it
// ended. Any other runs in this process, which must not go on afterwards: it is half way into the namespaces.
//
// The error is an *Error where a step failed; nothing runs any more then. Call it from the main goroutine, locked to
// the main thread: the death signal follows the thread that clones, and only that thread's namespaces change.
func Run(plan []Step, w Wait) (Status, error) {
	runtime.LockOSThread()
	parent, err := unix.PidfdOpen(unix.Getpid(), 0)
	if err != nil {
		parent = -1 // before Linux 5.3; a parent that dies in the first microseconds is then not noticed
	}
	p := lower(plan, world{parent, handled()})
	a, err := p.load()
	if err != nil {
		return Status{}, err
	}
	clone, ok := plan[0].Call.(Clone)
	if !ok {
		a.walkHere()
		return Status{}, p.outcome(a)
	}
	pid, errno := p.clone(a, clone.Flags, w)
	unix.Close(parent)
	if errno != 0 {
		return Status{}, &Error{Step: plan[0], Operation: "clone", Errno: errno}
	}
	status, err := supervise(pid, w)
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

// walkHere performs the program in this thread.
func (a *arena) walkHere() {
	a.blockSignals()
	a.walk()
	a.restoreSignals()
}

// clone starts the child with all signals blocked, so that no handler of the Go runtime ever runs in it, and sets
// this process up to wait before they are unblocked here.
func (p *program) clone(a *arena, flags uintptr, w Wait) (pid int, errno syscall.Errno) {
	a.blockSignals()
	pid, errno = a.fork(flags | uintptr(unix.SIGCHLD))
	if errno == 0 {
		w.prepare(p.runtimes)
	}
	a.restoreSignals()
	return pid, errno
}

const sigsetSize = 8

func (a *arena) blockSignals() {
	all := ^uint64(0)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK,
		uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&a.mask)), sigsetSize, 0, 0)
}

func (a *arena) restoreSignals() {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&a.mask)), 0, sigsetSize, 0, 0)
}
