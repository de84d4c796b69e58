// Package supervise stands for a target that runs: it waits for it to end, passes signals on, and
// stops and continues with it. A Relay does so for a child, a Job for a target under an init, with
// a terminal.
//
// Not for: what happens before the target runs; that is package attend's.
package supervise

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Wait says how the parent behaves while the target runs.
type Wait uint8

const (
	// Shield is what unshare(1) --fork does: SIGINT and SIGTERM do not reach the parent while it
	// waits, all other signals act on it as on any process.
	Shield Wait = iota
	// Transparent makes the parent stand for the target: what is sent to it is passed on, and it
	// stops and continues with it. For a target that would have been this very process, had the
	// kernel allowed it.
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

// dispositions are what a waiting parent sets: the signals that act on it as on any process, where
// the Go runtime would ignore them or print its stack, and those that it ignores. The caller's
// blocked signals are among these, because the threads of the runtime block none.
func (w Wait) dispositions(in *machine.Self) (byDefault, ignored machine.SignalSet) {
	kept := runtimeNeeds | w.forwards()
	ignored = in.Ignored
	if in.Mask != nil {
		ignored |= *in.Mask &^ kept
	}
	if w == Shield {
		ignored |= machine.SetOf(unix.SIGINT, unix.SIGTERM)
	}
	return in.Changed &^ ignored &^ kept, ignored &^ runtimeNeeds
}

// Exit ends this process as the target ended: with its code, or by its signal. A process that its
// signal cannot kill, the first of a pid namespace say, exits with 128 + signal.
func (s Status) Exit() {
	if s.Signal != 0 {
		// The core is the target's; a second one of ours would only hide it.
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
		runtime.LockOSThread() // whose own signal is sure to be taken before tgkill returns
		machine.SetDispositions(machine.SetOf(s.Signal), 0)
		unblock(s.Signal)
		unix.Tgkill(unix.Getpid(), unix.Gettid(), s.Signal)
		os.Exit(128 + int(s.Signal))
	}
	os.Exit(s.Code)
}

// runtimeNeeds are the signals that the Go runtime must keep its handler for: faults become panics,
// SIGURG preempts, SIGCHLD is ours to wait by, and 32 to 34 belong to the threads.
const runtimeNeeds machine.SignalSet = 1<<(unix.SIGILL-1) | 1<<(unix.SIGTRAP-1) | 1<<(unix.SIGBUS-1) | 1<<(unix.SIGFPE-1) |
	1<<(unix.SIGSEGV-1) | 1<<(unix.SIGCHLD-1) | 1<<(unix.SIGURG-1) | 1<<31 | 1<<32 | 1<<33

// unblock lets sig through in the calling thread.
func unblock(sig syscall.Signal) {
	set := machine.SetOf(sig)
	machine.ChangeMask(unix.SIG_UNBLOCK, &set, nil)
}
