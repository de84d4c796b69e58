package launch

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// plenty is the limit on descriptors from which on nobody doubts that there are enough.
const plenty = 64

// Room tells whether there is room for as many descriptors more. Where the Go runtime finds none
// for those that it waits with, it ends the program with its stack (netpollinit in
// runtime/netpoll_epoll.go).
func Room(descriptors int) error {
	if _, hard, known := caller.OpenFiles(); !known || hard >= plenty {
		return nil
	}
	for range descriptors {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
	}
	return nil
}
