package launch

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// The descriptors that a launch needs at least, and the limit from which on nobody doubts that there are as many.
const fewest, plenty = 7, 64

// Room tells whether there is room for the descriptors of a launch. Where the Go runtime finds none for those that it
// waits with, it ends the program with its stack (netpollinit in runtime/netpoll_epoll.go).
func Room() error {
	if _, hard, known := caller.OpenFiles(); !known || hard >= plenty {
		return nil
	}
	for range fewest {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
	}
	return nil
}
