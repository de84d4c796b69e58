package launch

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lastSignal is the highest signal number (signal(7); mips, which has 128, is not built for).
const lastSignal = 64

// disposition is struct sigaction of the kernel as far as it is the same everywhere: the handler first. All zero it
// is SIG_DFL; longer than any of them, so that the kernel may fill it.
type disposition struct {
	handler uintptr
	_       [7]uintptr
}

const (
	sigDefault = 0
	sigIgnore  = 1
)

// signalSet has bit i-1 set for signal i, as sigset_t has.
type signalSet uint64

func setOf(sig syscall.Signal) signalSet { return 1 << (sig - 1) }

//go:nosplit
func (s signalSet) has(sig int) bool { return s>>(sig-1)&1 != 0 }

const allSignals = ^signalSet(0)

// currentDispositions tells the signals that this process has handlers for, all of them the Go runtime's, and those that
// it ignores.
func currentDispositions() (handled, ignored signalSet) {
	for sig := 1; sig <= lastSignal; sig++ {
		var d disposition
		_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&d)), sigsetSize, 0, 0)
		switch {
		case errno != 0 || d.handler == sigDefault:
		case d.handler == sigIgnore:
			ignored |= setOf(syscall.Signal(sig))
		default:
			handled |= setOf(syscall.Signal(sig))
		}
	}
	return handled, ignored
}

// setDispositions sets SIG_DFL and SIG_IGN behind the back of the Go runtime.
//
//go:nosplit
//go:norace
func setDispositions(byDefault, ignored signalSet) {
	for sig := 1; sig <= lastSignal; sig++ {
		var d disposition
		switch {
		case ignored.has(sig):
			d.handler = sigIgnore
		case !byDefault.has(sig):
			continue
		}
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&d)), 0, sigsetSize, 0, 0)
	}
}

// runtimeNeeds are the signals that the Go runtime must keep its handler for: faults become panics, SIGURG preempts,
// SIGCHLD is ours to wait by, and 32 to 34 belong to the threads.
const runtimeNeeds signalSet = 1<<(unix.SIGILL-1) | 1<<(unix.SIGTRAP-1) | 1<<(unix.SIGBUS-1) | 1<<(unix.SIGFPE-1) |
	1<<(unix.SIGSEGV-1) | 1<<(unix.SIGCHLD-1) | 1<<(unix.SIGURG-1) | 1<<31 | 1<<32 | 1<<33

// unblock lets sig through in the calling thread.
func unblock(sig syscall.Signal) {
	set := setOf(sig)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_UNBLOCK, uintptr(unsafe.Pointer(&set)), 0, sigsetSize, 0, 0)
}
