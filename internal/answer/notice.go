package answer

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notice is struct seccomp_notif, with struct seccomp_data in it (seccomp_unotify(2)).
type notice struct {
	id     uint64
	pid    uint32 // a thread, by its number here
	_      uint32
	number int32
	arch   uint32
	_      uint64
	args   [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	_     int64
	errno int32 // negative
	flags uint32
}

// receive takes the next call; ok is false if its asker has gone meanwhile.
func (s *server) receive() (n notice, ok bool) {
	return n, s.control(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
}

// send answers; if the asker has gone there is nobody to be told.
func (s *server) send(r *response) { s.control(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(r)) }

// waits tells whether the asker of n still waits: what has been opened in its folder in /proc is
// its own then.
func (s *server) waits(n *notice) bool {
	return s.control(unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&n.id))
}

func (s *server) control(request uintptr, object unsafe.Pointer) bool {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.listener), request, uintptr(object))
		if errno != unix.EINTR {
			return errno == 0
		}
	}
}

// path reads a path from the asker's memory.
func (n *notice) path(address uint64) (string, unix.Errno) {
	memory := openAs(int(n.pid), "mem", unix.O_RDONLY)
	if memory < 0 {
		return "", unix.EPERM
	}
	defer unix.Close(memory)
	text := make([]byte, unix.PathMax)
	read, err := unix.Pread(memory, text, int64(address)) // up to the first page that is not there
	if err != nil {
		return "", unix.EFAULT
	}
	end := bytes.IndexByte(text[:read], 0)
	switch {
	case end >= 0:
		return string(text[:end]), 0
	case read < len(text):
		return "", unix.EFAULT
	}
	return "", unix.ENAMETOOLONG
}
