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

func (s signalSet) has(sig int) bool { return s>>(sig-1)&1 != 0 }

// handled is the set of signals that this process has a handler for. They are all the Go runtime's.
func handled() (set signalSet) {
	for sig := 1; sig <= lastSignal; sig++ {
		var d disposition
		_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&d)), sigsetSize, 0, 0)
		if errno == 0 && d.handler != sigDefault && d.handler != sigIgnore {
			set |= 1 << (sig - 1)
		}
	}
	return set
}

// setDisposition sets SIG_DFL or SIG_IGN behind the back of the Go runtime.
func setDisposition(sig int, handler uintptr) {
	d := disposition{handler: handler}
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&d)), 0, sigsetSize, 0, 0)
}

// runtimeNeeds tells whether the Go runtime must keep its handler for sig: faults become panics, SIGURG preempts,
// SIGCHLD is ours to wait by, and 32 to 34 belong to the threads.
func runtimeNeeds(sig int) bool {
	switch syscall.Signal(sig) {
	case unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGCHLD, unix.SIGURG, 32, 33, 34:
		return true
	}
	return false
}

// lowerSignals appends what gives the target defaults for what the Go runtime handles, and the caller's mask. The
// handlers have to go before the mask: until execve they would run in a process without a runtime.
func (p *program) lowerSignals() {
	def := p.bytes(make([]byte, unsafe.Sizeof(disposition{})))
	for sig := 1; sig <= lastSignal; sig++ {
		if p.runtimes.has(sig) {
			p.syscall("rt_sigaction", "", unix.SYS_RT_SIGACTION, num(sig), def, num(0), num(sigsetSize))
		}
	}
	mask := operand{inArena, unsafe.Offsetof(arena{}.mask)}
	p.syscall("rt_sigprocmask", "", unix.SYS_RT_SIGPROCMASK, num(unix.SIG_SETMASK), mask, num(0), num(sigsetSize))
}

// unblock lets sig through in the calling thread.
func unblock(sig syscall.Signal) {
	set := signalSet(1) << (uint(sig) - 1)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_UNBLOCK, uintptr(unsafe.Pointer(&set)), 0, sigsetSize, 0, 0)
}
