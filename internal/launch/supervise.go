package launch

import (
	"os"
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

// dispositions are what a waiting parent sets: the signals that act on it as on any process, where the Go runtime would
// ignore them or print its stack, and those that it ignores.
func (w Wait) dispositions(in world) (byDefault, ignored signalSet) {
	ignored = in.ignored
	kept := runtimeNeeds
	if w == Shield {
		ignored |= setOf(unix.SIGINT) | setOf(unix.SIGTERM)
	}
	for _, sig := range w.forwards() {
		kept |= setOf(sig)
	}
	return in.runtimes &^ ignored &^ kept, ignored &^ runtimeNeeds
}

// supervise waits for the child to end. first says that it is the first process of a pid namespace.
func supervise(pid int, first bool, w Wait, ignored signalSet) (Status, error) {
	r := relay{pid: pid, first: first}
	go r.forward(w, ignored) // not here: each signal takes a round trip through the runtime's signal thread
	for {
		status, err := wait(pid, w)
		switch {
		case err != nil:
			return Status{}, os.NewSyscallError("wait4", err)
		case status.Exited():
			return Status{Code: status.ExitStatus()}, nil
		case status.Signaled():
			return Status{Signal: r.cause(status.Signal())}, nil
		case status.Stopped() && w == Transparent:
			unix.Kill(unix.Getpid(), unix.SIGSTOP)
		}
	}
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
		setDispositions(setOf(s.Signal), 0)
		unblock(s.Signal)
		unix.Kill(unix.Getpid(), s.Signal)
		os.Exit(128 + int(s.Signal))
	}
	os.Exit(s.Code)
}
