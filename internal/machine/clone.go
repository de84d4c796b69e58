//go:build !amd64 && !arm64

package machine

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// fork clones; the child walks the program and never returns. Where nobody has written vfork yet,
// nothing is shared and the memory is copied.
//
//go:noinline
//go:nosplit
//go:norace
func (a *Arena) fork(flags uintptr, share bool) (pid int, errno syscall.Errno) {
	pid, errno = clone(flags)
	if pid == 0 && errno == 0 {
		a.walk()
		exit()
	}
	return pid, errno
}

// clone is clone(2) without shared memory. It returns in the child too, with 0.
//
//go:nosplit
//go:norace
func clone(flags uintptr) (pid int, errno syscall.Errno) {
	a1, a2 := flags, uintptr(0)
	if runtime.GOARCH == "s390x" { // clone(2), "C library/kernel differences"
		a1, a2 = a2, a1
	}
	result, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, a1, a2, 0, 0, 0, 0)
	return int(result), errno
}
