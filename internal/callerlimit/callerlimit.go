// Package callerlimit remembers how many files the program might open when it was started.
//
// Package syscall raises the soft limit to the hard one before main runs (golang.org/issue/46279) and gives it
// back only in its own exec paths, which xunshare does not use. Packages are initialised in the order of their
// import paths as soon as their own imports are (Go specification, "Program initialization"): this one imports
// nothing that is initialised after the runtime, and its path sorts before "syscall", so it sees the caller's value.
//
// Import it for that value only. Every other limit is the caller's own and needs no help.
package callerlimit

import (
	"runtime"
	"unsafe"
)

// rawSyscall6 is syscall.RawSyscall6, which may be linked to by name (src/syscall/syscall_linux.go); importing the
// package would defeat the purpose.
//
//go:linkname rawSyscall6 syscall.RawSyscall6
func rawSyscall6(number, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)

const rlimitNofile = 7

// limit is struct rlimit64 of prlimit(2).
var limit [2]uint64

func init() {
	rawSyscall6(prlimit64(runtime.GOARCH), 0, rlimitNofile, 0, uintptr(unsafe.Pointer(&limit)), 0, 0)
}

// OpenFiles returns RLIMIT_NOFILE, soft and hard, as the caller had set it (getrlimit(2)), and whether it could be
// read: not on an architecture whose system call number is missing below.
func OpenFiles() (soft, hard uint64, ok bool) {
	return limit[0], limit[1], limit[1] != 0
}

// prlimit64 returns the number of that system call; none has the number of an invalid call.
func prlimit64(arch string) uintptr {
	switch arch {
	case "amd64":
		return 302
	case "arm64", "riscv64", "loong64":
		return 261
	case "ppc64", "ppc64le":
		return 325
	case "s390x":
		return 334
	case "arm":
		return 369
	case "386":
		return 340
	}
	return ^uintptr(0)
}
