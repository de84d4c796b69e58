// Package listener is the parent's end of a filter of system calls: what seccomp_unotify(2) says to
// a process that decides about the calls of others.
//
// Not for: what is decided.
package listener

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/process"
)

// A Listener is the descriptor that a filter's notifications are read from.
type Listener int

// A Notice is a call that waits: struct seccomp_notif, with struct seccomp_data in it
// (seccomp_unotify(2)).
type Notice struct {
	ID     uint64
	PID    uint32 // a thread, by its number here; 0 if it has none
	_      uint32
	Number int32
	Arch   uint32 // AUDIT_ARCH_* of linux/audit.h
	Behind uint64 // the address behind the instruction that makes the call
	Args   [6]uint64
}

// Receive takes the next call; ok is false if its asker has gone meanwhile.
func (l Listener) Receive() (n Notice, ok bool) {
	return n, l.control(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)) == 0
}

// GoOn lets a call be made, as if nobody listened.
func (l Listener) GoOn(n *Notice) {
	l.send(&response{id: n.ID, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE})
}

// Again, returned to a call, has it made anew, after the handler of a signal that is pending,
// unless a tracer has it otherwise: ERESTARTNOINTR of linux/errno.h, which no program sees.
const Again unix.Errno = 513

// Return has a call return at once: 0, or an error.
func (l Listener) Return(n *Notice, errno unix.Errno) {
	l.send(&response{id: n.ID, errno: -int32(errno)})
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	_     int64
	errno int32 // negative
	flags uint32
}

// send answers; if the asker has gone there is nobody to be told.
func (l Listener) send(r *response) {
	l.control(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(r))
}

// Waits tells whether the asker of n still waits: what has been opened in its folder in /proc is
// its own then.
func (l Listener) Waits(n *Notice) bool {
	return l.control(unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&n.ID)) == 0
}

// Give puts a copy of a descriptor among the asker's, close-on-exec or not, and returns its number
// there (Linux 5.9).
func (l Listener) Give(n *Notice, fd int, cloexec bool) (number int, err error) {
	added := struct { // struct seccomp_notif_addfd
		id                        uint64
		flags, from, as, newFlags uint32
	}{id: n.ID, from: uint32(fd)}
	if cloexec {
		added.newFlags = unix.O_CLOEXEC
	}
	for {
		number, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l), unix.SECCOMP_IOCTL_NOTIF_ADDFD, uintptr(unsafe.Pointer(&added)))
		switch errno {
		case 0:
			return int(number), nil
		case unix.EINTR:
		default:
			return -1, errno
		}
	}
}

func (l Listener) control(request uintptr, object unsafe.Pointer) unix.Errno {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l), request, uintptr(object))
		if errno != unix.EINTR {
			return errno
		}
	}
}

// Path reads a path from the asker's memory.
func (n *Notice) Path(address uint64) (string, unix.Errno) {
	memory, err := process.OpenMemory(int(n.PID), unix.O_RDONLY)
	if err != nil {
		return "", unix.EPERM
	}
	defer memory.Close()
	text := make([]byte, unix.PathMax)
	read, err := memory.ReadAt(text, int64(address)) // up to the first page that is not there
	switch {
	case err == unix.EPERM:
		return "", unix.EPERM
	case err != nil:
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

// Open opens a file of the asker's folder in /proc; -1 if that cannot be.
func (n *Notice) Open(file string, how int) int { return process.Open(int(n.PID), file, how) }
