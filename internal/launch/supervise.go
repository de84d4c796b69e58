package launch

import (
	"os"
	"os/signal"
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
)

// Status is how the target ended: by itself with a code, or by a signal.
type Status struct {
	Code   int
	Signal syscall.Signal // 0 if it ended by itself
}

// forwarded are the signals that programs get from each other. Any other that is sent to a Transparent parent ends it,
// and the target with it.
var forwarded = [...]os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2,
	unix.SIGALRM, unix.SIGCONT, unix.SIGTSTP, unix.SIGWINCH}

// dispositions are what a waiting parent sets: the signals that act on it as on any process, where the Go runtime would
// ignore them or print its stack, and those that it ignores.
func (w Wait) dispositions(in world) (byDefault, ignored signalSet) {
	ignored = in.ignored
	kept := runtimeNeeds
	if w == Shield {
		ignored |= setOf(unix.SIGINT) | setOf(unix.SIGTERM)
	} else {
		for _, sig := range forwarded {
			kept |= setOf(sig.(syscall.Signal))
		}
	}
	return in.runtimes &^ ignored &^ kept, ignored &^ runtimeNeeds
}

// supervise waits for the child to end.
func supervise(pid int, w Wait, ignored signalSet) (Status, error) {
	if w == Transparent {
		go forward(pid, ignored) // not here: each signal takes a round trip through the runtime's signal thread
	}
	for {
		status, err := wait(pid, w)
		switch {
		case err != nil:
			return Status{}, os.NewSyscallError("wait4", err)
		case status.Exited():
			return Status{Code: status.ExitStatus()}, nil
		case status.Signaled():
			return Status{Signal: status.Signal()}, nil
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

// forward passes signals on, but for those that the caller has this process ignore: the target ignores them too.
func forward(pid int, ignored signalSet) {
	signals := make(chan os.Signal, lastSignal)
	for _, sig := range forwarded {
		if !ignored.has(int(sig.(syscall.Signal))) {
			signal.Notify(signals, sig)
		}
	}
	for s := range signals {
		if sig, ok := s.(syscall.Signal); ok && !fromTerminal(sig) {
			unix.Kill(pid, sig)
		}
	}
}

// fromTerminal tells whether the target has got sig already. The terminal sends these to the whole foreground
// group, which the target is in as long as this process is; who sends them by hand while it is in the foreground is
// taken for the terminal, for os/signal does not tell the sender (si_code of sigaction(2)).
func fromTerminal(sig syscall.Signal) bool {
	switch sig {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGWINCH:
	default:
		return false
	}
	tty, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(tty)
	foreground, err := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
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
