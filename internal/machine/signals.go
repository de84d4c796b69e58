package machine

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SigsetSize is that of the kernel's sigset_t, in bytes.
const SigsetSize = 8

// LastSignal is the highest signal number (signal(7); mips, which has 128, is not built for).
const LastSignal = 64

// SignalSet has bit i-1 set for signal i, as sigset_t has.
type SignalSet uint64

// allSignals are those whose disposition can change.
const allSignals = ^(SignalSet(1)<<(unix.SIGKILL-1) | SignalSet(1)<<(unix.SIGSTOP-1))

// SetOf is the set of these signals.
func SetOf(signals ...syscall.Signal) (set SignalSet) {
	for _, sig := range signals {
		set |= 1 << (sig - 1)
	}
	return set
}

// Has tells whether a signal is in the set.
//
//go:nosplit
func (s SignalSet) Has(sig int) bool { return s>>(sig-1)&1 != 0 }

// Disposition is struct sigaction of the kernel as far as it is the same everywhere: the handler
// first. All zero it is SIG_DFL; longer than any of them, so that the kernel may fill it.
type Disposition struct {
	Handler uintptr
	_       [7]uintptr
}

// The handlers that are none.
const (
	SigDefault = 0
	SigIgnore  = 1
)

// Dispose sets what sig does, behind the back of the Go runtime, unless to is nil, and stores in
// old what it did, unless that is nil.
//
//go:nosplit
//go:norace
func Dispose(sig syscall.Signal, to, old *Disposition) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(old)), SigsetSize, 0, 0)
	return errno
}

// ChangeMask is rt_sigprocmask(2) of the calling thread; set and old may be nil.
func ChangeMask(how int, set, old *SignalSet) {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), SigsetSize, 0, 0)
}

// currentDispositions tells the signals that this process has handlers for, all of them the Go
// runtime's, and those that it ignores.
func currentDispositions() (handled, ignored SignalSet) {
	for sig := syscall.Signal(1); sig <= LastSignal; sig++ {
		var d Disposition
		switch errno := Dispose(sig, nil, &d); {
		case errno != 0 || d.Handler == SigDefault:
		case d.Handler == SigIgnore:
			ignored |= SetOf(sig)
		default:
			handled |= SetOf(sig)
		}
	}
	return handled, ignored
}

// SetDispositions sets SIG_DFL and SIG_IGN.
//
//go:nosplit
//go:norace
func SetDispositions(byDefault, ignored SignalSet) {
	for sig := 1; sig <= LastSignal; sig++ {
		var d Disposition
		switch {
		case ignored.Has(sig):
			d.Handler = SigIgnore
		case !byDefault.Has(sig):
			continue
		}
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&d)), 0, SigsetSize, 0, 0)
	}
}
