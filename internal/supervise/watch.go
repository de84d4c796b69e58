package supervise

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// A heard is a signal that this process has got, as siginfo_t of sigaction(2) begins.
type heard struct {
	signal int32
	_      int32
	code   int32 // who sent it
}

// siKernel is si_code of a signal that the kernel has sent by itself.
const siKernel = 0x80

// fromTerminal tells whether the target has got the signal already. The terminal sends these to the
// whole foreground group, which the target is in as long as this process is.
func (h heard) fromTerminal() bool {
	switch h.sig() {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGWINCH:
		return h.code == siKernel
	}
	return false
}

func (h heard) sig() syscall.Signal { return syscall.Signal(h.signal) }

// ear is the pipe that signals are written to as they come. It lasts as long as the process, and so
// does what writes there.
var ear [2]int

// A watch hears signals, whether there is a target already or not, and SIGCHLD.
type watch struct {
	byDefault, ignored machine.SignalSet
}

// listen begins to listen to those of a set that are not ignored.
func listen(signals, byDefault, ignored machine.SignalSet) (watch, error) {
	if ear[1] == 0 {
		if err := unix.Pipe2(ear[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
			return watch{}, os.NewSyscallError("pipe2", err)
		}
	}
	hear(signals&^ignored | machine.SetOf(unix.SIGCHLD))
	return watch{byDefault, ignored}, nil
}

// Dispositions are the signals that the process that waits takes the default of, and those that it
// ignores.
func (w *watch) Dispositions() (byDefault, ignored machine.SignalSet) { return w.byDefault, w.ignored }

// each calls pass for every signal that has come since it was called last. A SIGCHLD has done its
// work: it ends a poll.
func (w *watch) each(pass func(heard)) {
	for {
		var list [32]heard
		n, err := unix.Read(ear[0], unsafe.Slice((*byte)(unsafe.Pointer(&list)), unsafe.Sizeof(list)))
		if err == unix.EINTR {
			continue
		}
		count := max(n, 0) / int(unsafe.Sizeof(heard{}))
		for _, h := range list[:count] {
			if h.sig() != unix.SIGCHLD {
				pass(h)
			}
		}
		if count < len(list) {
			return
		}
	}
}
