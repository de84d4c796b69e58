//go:build !amd64 && !arm64

package supervise

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// notified is where package os/signal sends what is heard.
var notified chan os.Signal

// hear has the signals of a set written to the ear from now on. Package os/signal does not tell who
// sent them.
func hear(set machine.SignalSet) {
	if notified == nil {
		notified = make(chan os.Signal, 64)
		go tell()
	}
	for sig := 1; sig <= machine.LastSignal; sig++ {
		if set.Has(sig) {
			signal.Notify(notified, syscall.Signal(sig))
		}
	}
}

// tell writes them.
func tell() {
	for s := range notified {
		h := heard{signal: int32(s.(syscall.Signal))}
		if isInForeground() {
			h.code = siKernel
		}
		_, _ = unix.Write(ear[1], unsafe.Slice((*byte)(unsafe.Pointer(&h)), unsafe.Sizeof(h)))
	}
}

// isInForeground tells whether this process is. Who sends it a signal by hand is taken for the
// terminal then.
func isInForeground() bool {
	tty, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(tty)
	return terminal{tty, unix.Getpgrp()}.foreground()
}
