package supervise

import (
	"cmp"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/process"
)

// forwards are the signals that are passed on to the target. A Transparent parent passes those on
// that programs get from each other; any other ends it, and the target with it.
func (w Wait) forwards() machine.SignalSet {
	switch w {
	case Transparent:
		return machine.SetOf(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2,
			unix.SIGALRM, unix.SIGCONT, unix.SIGTSTP, unix.SIGWINCH)
	case Forward:
		return machine.SetOf(unix.SIGINT, unix.SIGTERM)
	}
	return 0
}

// A Relay waits for a child, and passes signals on to it.
type Relay struct {
	watch
	how   Wait
	pid   int
	first bool           // of a pid namespace: the kernel drops what it has no handler for (pid_namespaces(7))
	fatal syscall.Signal // the one that the relay has killed it for
}

// NewRelay begins to listen to signals for a child that is to be the first of a pid namespace, or
// not.
func NewRelay(how Wait, first bool, w *machine.Self) (*Relay, error) {
	byDefault, ignored := how.dispositions(w)
	watch, err := listen(how.forwards(), byDefault, ignored)
	return &Relay{watch: watch, how: how, first: first}, err
}

// Close has nothing to close.
func (r *Relay) Close() {}

// Begin stands for a child that has been started.
func (r *Relay) Begin(pid int) { r.pid = pid }

// Watch says what to wait for.
func (r *Relay) Watch(polled []unix.PollFd) {
	polled[0] = unix.PollFd{Fd: int32(ear[0]), Events: unix.POLLIN}
}

// React passes on what has been heard.
func (r *Relay) React(polled []unix.PollFd) {
	if polled[0].Revents != 0 {
		r.each(r.pass)
	}
}

// Look tells how the child has ended, once it has.
func (r *Relay) Look() (end Status, ended bool, err error) {
	for {
		status, changed, err := lookAt(r.pid, r.how)
		switch {
		case err != nil:
			return Status{}, true, os.NewSyscallError("wait4", err)
		case !changed:
			return Status{}, false, nil
		case status.Exited():
			return statusOf(status), true, nil
		case r.first && r.how == Transparent && r.fatal == 0 && switchedOff(status):
			return Status{}, true, nil
		case status.Signaled():
			return Status{Signal: cmp.Or(r.fatal, status.Signal())}, true, nil
		case status.Stopped() && r.how == Transparent:
			r.stop()
		}
	}
}

// stop stops this process, because the child has been stopped. Both may have been continued since.
// So the signal is made pending first and the child looked at then: a SIGCONT that comes later
// takes the pending signal away, one that came before has continued the child. Where no shell is
// there to continue this process, it is not stopped.
func (r *Relay) stop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	held := hold(unix.SIGTSTP)
	if r.isStopped() {
		held.release()
	} else {
		held.drop()
	}
}

// isStopped tells whether the child is.
func (r *Relay) isStopped() bool {
	s, _ := process.StatusOf(r.pid)
	return s.State == 'T' || s.State == 't'
}

// pass passes one on. A first process that would never notice a signal that ends others is killed
// for it.
func (r *Relay) pass(h heard) {
	switch sig := h.sig(); {
	case r.first && r.drops(sig):
		r.fatal = sig
		unix.Kill(r.pid, unix.SIGKILL)
	case !h.fromTerminal():
		unix.Kill(r.pid, sig)
	}
}

// drops tells whether the target neither handles, ignores nor blocks sig.
func (r *Relay) drops(sig syscall.Signal) bool {
	s, err := process.StatusOf(r.pid)
	return err == nil && !machine.SignalSet(s.Caught|s.Ignored|s.Blocked).Has(int(sig))
}
