package supervise

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// A heldSignal is pending for the calling thread, with its default action.
type heldSignal struct {
	sig    syscall.Signal
	mask   machine.SignalSet   // the thread's before
	before machine.Disposition // the process's
}

// hold sends this thread a signal and holds it back.
func hold(sig syscall.Signal) *heldSignal {
	h := &heldSignal{sig: sig}
	set := machine.SetOf(sig)
	machine.ChangeMask(unix.SIG_BLOCK, &set, &h.mask)
	machine.Dispose(h.sig, &machine.Disposition{}, &h.before)
	unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
	return h
}

// release lets the signal act, if it is pending still. When that has stopped the process it returns
// after SIGCONT.
func (h *heldSignal) release() {
	mask := h.mask &^ machine.SetOf(h.sig)
	machine.ChangeMask(unix.SIG_SETMASK, &mask, nil)
	machine.ChangeMask(unix.SIG_SETMASK, &h.mask, nil)
	machine.Dispose(h.sig, &h.before, nil)
}

// drop takes the signal back: to ignore it is to forget it (sigaction(2)).
func (h *heldSignal) drop() {
	machine.Dispose(h.sig, &machine.Disposition{Handler: machine.SigIgnore}, nil)
	machine.Dispose(h.sig, &h.before, nil)
	machine.ChangeMask(unix.SIG_SETMASK, &h.mask, nil)
}
