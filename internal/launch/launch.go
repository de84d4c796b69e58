package launch

import (
	"cmp"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// Run performs the plan. What follows a Clone runs in a child: Run waits for it as w says and returns how it ended. All
// else runs in this process, which must not go on if there was no Clone: it is half way into the namespaces.
//
// The error is an *Error where a step failed; nothing runs any more then.
func Run(plan []Step, w Wait, watch Parent) (Status, error) {
	here, child := split(plan)
	if len(here) > 0 {
		if err := runHere(here); err != nil || len(child) == 0 {
			return Status{}, err
		}
	}
	return runChild(child, w, watch)
}

// split divides a plan before its Clone.
func split(plan []Step) (here, child []Step) {
	for i, s := range plan {
		if _, ok := s.Call.(Clone); ok {
			return plan[:i], plan[i:]
		}
	}
	return plan, nil
}

// runHere performs steps in this process, and in this thread of it: namespaces and ids belong to threads (unshare(2),
// credentials(7)), and execve(2) takes those of the thread that calls it.
func runHere(steps []Step) error {
	p, a, err := prepare(steps)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	a.here = 1
	a.walkHere()
	for _, group := range p.waits {
		if err != nil || a.failed != 0 {
			break
		}
		if err = p.performTasks(group, waiter{folder: threadFolder()}); err == nil {
			a.walkHere()
		}
	}
	if err = cmp.Or(err, p.outcome(a)); err != nil {
		p.letGo()
	}
	return err
}

// runChild performs the steps behind a Clone in a child, and waits for it.
func runChild(steps []Step, w Wait, watch Parent) (status Status, err error) {
	p, a, err := prepare(steps)
	if err != nil {
		return Status{}, err
	}
	p.watch = watch
	defer func() {
		caller.EndWith(0)
		if err = cmp.Or(p.over(), err); err != nil {
			p.letGo()
		}
	}()
	if after, ok := afterInit(steps); ok {
		return p.runJob(a, after)
	}
	byDefault, ignored := w.dispositions(p.world)
	signals := listen(w.forwards(), ignored)
	<-signals.ready
	pid, err := p.start(a, byDefault, ignored)
	if err != nil {
		return Status{}, err
	}
	r := relay{pid: pid, first: steps[0].Call.(Clone).Flags&unix.CLONE_NEWPID != 0}
	if w != Shield {
		go signals.each(r.pass)
	}
	status, err = supervise(&r, w)
	return status, cmp.Or(err, p.outcome(a))
}

// start starts the child and does what it waits for.
func (p *program) start(a *arena, byDefault, ignored signalSet) (pid int, err error) {
	pid, errno := a.start(p.steps[0].Call.(Clone).Flags, canShare(p.steps), byDefault, ignored)
	unix.Close(p.parent)
	if errno != 0 {
		return 0, &Error{Step: p.steps[0], Operation: "clone", Errno: errno}
	}
	caller.EndWith(pid)
	if want(p.steps, heldMounts) {
		holdMounts(pid)
	}
	met := p.attend(pid)
	served, err := p.serve()
	p.over = func() error { defer served(); return met() }
	if err != nil {
		unix.Kill(pid, unix.SIGKILL)
		wait(pid, Shield)
		return 0, err
	}
	return pid, nil
}

// holdMounts keeps the child's mount namespace, and with it all mounts there, for as long as this process lives. A child
// that has ended already needs none.
func holdMounts(pid int) {
	_, _ = unix.Open("/proc/"+strconv.Itoa(pid)+"/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// prepare lowers steps and loads them.
func prepare(steps []Step) (p *program, a *arena, err error) {
	w := look()
	w.meeting, err = arrange(steps)
	if err == nil {
		w.channel, err = openChannel(steps)
	}
	if err != nil {
		unix.Close(w.parent) // a process that only performs plans goes on
		return nil, nil, err
	}
	p = lower(steps, w)
	a, err = p.load()
	return p, a, err
}

// outcome is the error that the walk left in the arena, if it left one.
func (p *program) outcome(a *arena) error {
	if a.failed == 0 {
		return nil
	}
	// A target may write to the memory of its init (ptrace(2)), so the number can be anything.
	return p.failure(min(int(a.failed), len(p.calls))-1, syscall.Errno(a.errno))
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

// start sets this process up to wait, so that no signal comes too early for that, and starts the child, which sets all
// dispositions anew before it executes the target.
//
//go:nosplit
//go:norace
func (a *arena) start(flags uintptr, share bool, byDefault, ignored signalSet) (pid int, errno syscall.Errno) {
	a.blockSignals()
	setDispositions(byDefault, ignored)
	if a.wanted != 0 {
		pid, errno = a.forkInit(flags | uintptr(unix.SIGCHLD))
	} else {
		pid, errno = a.fork(flags|uintptr(unix.SIGCHLD), share)
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
