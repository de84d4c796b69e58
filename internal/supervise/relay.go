package supervise

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// forwards are the signals that are passed on to the target. A Transparent parent passes those on that programs get
// from each other; any other ends it, and the target with it.
func (w Wait) forwards() []syscall.Signal {
	switch w {
	case Transparent:
		return []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2,
			unix.SIGALRM, unix.SIGCONT, unix.SIGTSTP, unix.SIGWINCH}
	case Forward:
		return []syscall.Signal{unix.SIGINT, unix.SIGTERM}
	}
	return nil
}

// A Relay waits for a child, and passes signals on to it.
type Relay struct {
	watch
	how   Wait
	pid   int
	first bool         // of a pid namespace: the kernel drops what it has no handler for (pid_namespaces(7))
	fatal atomic.Int32 // the signal that the relay has killed it for
}

// NewRelay begins to listen to signals for a child that is to be the first of a pid namespace, or not.
func NewRelay(how Wait, first bool, w *machine.World) *Relay {
	byDefault, ignored := how.dispositions(w)
	return &Relay{watch: listen(how.forwards(), byDefault, ignored), how: how, first: first}
}

// Close has nothing to close.
func (r *Relay) Close() {}

// Supervise waits for the child to end.
func (r *Relay) Supervise(pid int) (Status, error) {
	r.pid = pid
	if r.how != Shield {
		go r.each(r.pass)
	}
	for {
		status, err := WaitFor(r.pid, r.how)
		switch {
		case err != nil:
			return Status{}, os.NewSyscallError("wait4", err)
		case status.Exited():
			return statusOf(status), nil
		case r.first && r.how == Transparent && r.fatal.Load() == 0 && switchedOff(status):
			return Status{}, nil
		case status.Signaled():
			return Status{Signal: r.cause(status.Signal())}, nil
		case status.Stopped() && r.how == Transparent:
			unix.Kill(unix.Getpid(), unix.SIGSTOP)
		}
	}
}

// pass passes one on. A first process that would never notice a signal that ends others is killed for it.
func (r *Relay) pass(sig syscall.Signal) {
	switch {
	case r.first && r.drops(sig):
		r.fatal.Store(int32(sig))
		unix.Kill(r.pid, unix.SIGKILL)
	case !fromTerminal(sig):
		unix.Kill(r.pid, sig)
	}
}

// cause is the signal that the target died by: the one that it was killed for.
func (r *Relay) cause(by syscall.Signal) syscall.Signal {
	if fatal := r.fatal.Load(); fatal != 0 {
		return syscall.Signal(fatal)
	}
	return by
}

// drops tells whether the target neither handles, ignores nor blocks sig, from its status (proc_pid_status(5)).
func (r *Relay) drops(sig syscall.Signal) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid))
	for line := range strings.Lines(string(text)) {
		name, set, _ := strings.Cut(line, ":\t")
		if name != "SigCgt" && name != "SigIgn" && name != "SigBlk" {
			continue
		}
		v, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
		if err != nil || machine.SignalSet(v).Has(int(sig)) {
			return false
		}
	}
	return err == nil
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
	return terminal{tty, unix.Getpgrp()}.foreground()
}
