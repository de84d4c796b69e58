//go:build amd64 || arm64

package machine

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// vfork is clone(2) with the given flags; in the child it returns 0, in the parent the child's id
// or a negated errno.
//
//go:noescape
func vfork(flags uintptr) (result int)

// fork clones; the child walks the program and never returns. If it may share, it borrows the
// parent's memory and stack until it executes the target or ends, and the calling thread sleeps
// meanwhile (CLONE_VM and CLONE_VFORK): nothing is copied, which is a tenth of what a launch costs.
// The parent touches nothing of this frame afterwards but the result, for the child has used it.
//
//go:noinline
//go:nosplit
//go:norace
func (a *Arena) fork(flags uintptr, share bool) (pid int, errno syscall.Errno) {
	if share {
		flags |= unix.CLONE_VM | unix.CLONE_VFORK
	}
	result := vfork(flags)
	if result == 0 {
		a.walk()
		exit()
	}
	if result < 0 {
		return 0, syscall.Errno(-result)
	}
	return result, 0
}

// clone is clone(2) without shared memory. It returns in the child too, with 0.
//
//go:nosplit
//go:norace
func clone(flags uintptr) (pid int, errno syscall.Errno) {
	result := vfork(flags)
	if result < 0 {
		return 0, syscall.Errno(-result)
	}
	return result, 0
}
