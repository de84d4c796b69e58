package launch

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
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

// A relay passes signals on to the target.
type relay struct {
	pid   int
	first bool         // of a pid namespace: the kernel drops what it has no handler for (pid_namespaces(7))
	fatal atomic.Int32 // the signal that the relay has killed it for
}

// ears hear signals from the moment that ready is closed, whether there is a target already or not.
type ears struct {
	ready   chan struct{}
	signals chan os.Signal
}

// listen begins to listen to those of a list that are not ignored. Each takes a round trip through the runtime's signal
// thread, so it is done beside what else there is to prepare.
func listen(list []syscall.Signal, ignored signalSet) *ears {
	e := &ears{make(chan struct{}), make(chan os.Signal, lastSignal)}
	if len(list) == 0 {
		close(e.ready)
		return e
	}
	go func() {
		for _, sig := range list {
			if !ignored.has(int(sig)) {
				signal.Notify(e.signals, sig)
			}
		}
		close(e.ready)
	}()
	return e
}

// each calls pass for every signal, for as long as the process runs.
func (e *ears) each(pass func(syscall.Signal)) {
	for s := range e.signals {
		if sig, ok := s.(syscall.Signal); ok {
			pass(sig)
		}
	}
}

// pass passes one on. A first process that would never notice a signal that ends others is killed for it.
func (r *relay) pass(sig syscall.Signal) {
	switch {
	case r.first && r.drops(sig):
		r.fatal.Store(int32(sig))
		unix.Kill(r.pid, unix.SIGKILL)
	case !fromTerminal(sig):
		unix.Kill(r.pid, sig)
	}
}

// cause is the signal that the target died by: the one that it was killed for.
func (r *relay) cause(by syscall.Signal) syscall.Signal {
	if fatal := r.fatal.Load(); fatal != 0 {
		return syscall.Signal(fatal)
	}
	return by
}

// drops tells whether the target neither handles, ignores nor blocks sig, from its status (proc_pid_status(5)).
func (r *relay) drops(sig syscall.Signal) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid))
	for line := range strings.Lines(string(text)) {
		name, set, _ := strings.Cut(line, ":\t")
		if name != "SigCgt" && name != "SigIgn" && name != "SigBlk" {
			continue
		}
		v, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
		if err != nil || signalSet(v).has(int(sig)) {
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
