package launch

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Wait says how the parent behaves while the target runs.
type Wait uint8

const (
	// Shield is what unshare(1) --fork does: SIGINT and SIGTERM do not reach the parent while it waits, all other
	// signals act on it as on any process.
	Shield Wait = iota
	// Transparent makes the parent stand for the target: what is sent to it is passed on, and it stops and
	// continues with it. For a target that would have been this very process, had the kernel allowed it.
	Transparent
	// Forward is Shield, but SIGINT and SIGTERM are passed on (unshare(1) --forward-signals).
	Forward
)

// Status is how the target ended: by itself with a code, or by a signal.
type Status struct {
	Code   int
	Signal syscall.Signal // 0 if it ended by itself
}

// statusOf is the status of a process that has ended.
func statusOf(status unix.WaitStatus) Status {
	if status.Signaled() {
		return Status{Signal: status.Signal()}
	}
	return Status{Code: status.ExitStatus()}
}

// dispositions are what a waiting parent sets: the signals that act on it as on any process, where the Go runtime would
// ignore them or print its stack, and those that it ignores. The caller's blocked signals are among these, because the
// threads of the runtime block none.
func (w Wait) dispositions(in world) (byDefault, ignored signalSet) {
	kept := runtimeNeeds
	for _, sig := range w.forwards() {
		kept |= setOf(sig)
	}
	ignored = in.ignored
	if in.mask != nil {
		ignored |= *in.mask &^ kept
	}
	if w == Shield {
		ignored |= setOf(unix.SIGINT) | setOf(unix.SIGTERM)
	}
	return in.runtimes &^ ignored &^ kept, ignored &^ runtimeNeeds
}

// supervise waits for the child to end.
func supervise(r *relay, w Wait) (Status, error) {
	for {
		status, err := wait(r.pid, w)
		switch {
		case err != nil:
			return Status{}, os.NewSyscallError("wait4", err)
		case status.Exited():
			return statusOf(status), nil
		case r.first && w == Transparent && r.fatal.Load() == 0 && switchedOff(status):
			return Status{}, nil
		case status.Signaled():
			return Status{Signal: r.cause(status.Signal())}, nil
		case status.Stopped() && w == Transparent:
			unix.Kill(unix.Getpid(), unix.SIGSTOP)
		}
	}
}

// switchedOff tells whether the first process of a pid namespace, which nothing but SIGKILL can kill, was ended because
// somebody inside halted the system or started it anew (reboot_pid_ns in kernel/pid_namespace.c).
func switchedOff(status unix.WaitStatus) bool {
	return status.Signaled() && (status.Signal() == unix.SIGINT || status.Signal() == unix.SIGHUP)
}

// wait is wait4(2) without EINTR.
func wait(pid int, w Wait) (status unix.WaitStatus, err error) {
	options := 0
	if w == Transparent {
		options = unix.WUNTRACED
	}
	for {
		_, err = unix.Wait4(pid, &status, options, nil)
		if err != unix.EINTR {
			return status, err
		}
	}
}

// Exit ends this process as the target ended: with its code, or by its signal. A process that its signal cannot
// kill, the first of a pid namespace say, exits with 128 + signal.
func (s Status) Exit() {
	if s.Signal != 0 {
		// The core is the target's; a second one of ours would only hide it.
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
		runtime.LockOSThread() // whose own signal is sure to be taken before tgkill returns
		setDispositions(setOf(s.Signal), 0)
		unblock(s.Signal)
		unix.Tgkill(unix.Getpid(), unix.Gettid(), s.Signal)
		os.Exit(128 + int(s.Signal))
	}
	os.Exit(s.Code)
}
