//go:build amd64 || arm64

package supervise

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// addresses are those of two functions in assembly. The kernel calls handler on the thread that has
// got a signal, on the stack that the Go runtime has set aside for signals. It writes what the
// kernel tells of the signal to the ear, and touches nothing of the runtime. Package os/signal
// would have the runtime's handler wake a goroutine on a thread of its own, and does not tell who
// has sent the signal. A handler returns to restorer.
func addresses() (handler, restorer uintptr)

// sigaction is struct sigaction of the kernel, on these architectures.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     machine.SignalSet
}

// The flags of rt_sigaction(2).
const (
	saSigInfo  = 0x00000004
	saRestorer = 0x04000000
	saOnStack  = 0x08000000
	saRestart  = 0x10000000
)

// hear has the signals of a set written to the ear from now on.
func hear(set machine.SignalSet) {
	handler, restorer := addresses()
	action := sigaction{handler, saSigInfo | saRestorer | saOnStack | saRestart, restorer, ^machine.SignalSet(0)}
	for sig := 1; sig <= machine.LastSignal; sig++ {
		if set.Has(sig) {
			syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, machine.SigsetSize, 0, 0)
		}
	}
}
