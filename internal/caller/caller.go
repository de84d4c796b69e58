// Package caller remembers what the Go runtime changes before main runs: what the program was
// started with, and its target has to be started with.
//
// Two ways lead to it. A binary that is linked with -E xunshare_entry (make build does, where an
// entry_*.s exists) begins there, before the runtime: it knows everything. In any other, package
// initialisation comes just in time for RLIMIT_NOFILE: packages are initialised in the order of
// their import paths as soon as their own imports are (Go specification, "Program initialization"),
// this one imports nothing that is initialised after the runtime, and its path sorts before that of
// package syscall, which raises the limit (golang.org/issue/46279).
package caller

import (
	"runtime"
	"unsafe"
)

// lastSignal is the highest signal number (signal(7)).
const lastSignal = 64

// action is struct sigaction of the kernel: the handler, flags, restorer and mask
// (rt_sigaction(2)).
type action [4]uintptr

// What the entry, or init, writes.
var (
	entered uintptr // 1 if the program began at the entry
	limit   = [2]uint64{unread, unread}
	mask    uint64
	actions [lastSignal + 1]action
	flags   [3]uintptr // of descriptors 0, 1, 2: fcntl(2) F_GETFD, an error if they are closed
)

// unread is no limit: those in bytes or descriptors end far below, and infinity is one more.
const unread = ^uint64(0) - 1

// child is a process that ends when the runtime ends this one; 0 is for none.
var child uintptr

// EndWith has a process killed if the runtime ends this one, for lack of a thread say; 0 is for
// none.
func EndWith(pid int) { child = uintptr(pid) }

// What became of the program's last words.
var words uintptr

const (
	speaking = 1
	spoken   = 2
)

// LastWords calls say, which tells why the program ends. If the runtime ends it meanwhile, in
// another thread, that waits for it, and adds nothing.
func LastWords(say func()) {
	words = speaking
	say()
	words = spoken
}

// OpenFiles returns RLIMIT_NOFILE, soft and hard (getrlimit(2)), and whether it could be read.
func OpenFiles() (soft, hard uint64, ok bool) {
	return limit[0], limit[1], limit[1] != unread
}

// Signals returns the signal mask, and the signals that were ignored, each with bit i-1 set for
// signal i as sigset_t has it; ok is false if that is not known. What the runtime makes of them: it
// unblocks what it handles (minitSignalMask), and installs handlers for all but an ignored SIGHUP
// or SIGINT (initsig).
func Signals() (blocked, ignored uint64, ok bool) {
	const sigIgn = 1
	for sig := 1; sig <= lastSignal; sig++ {
		if actions[sig][0] == sigIgn {
			ignored |= 1 << (sig - 1)
		}
	}
	return mask, ignored, entered != 0
}

// Closed tells whether descriptor fd, one of the first three, was closed: the runtime opens
// /dev/null there (checkfds).
func Closed(fd int) bool {
	return entered != 0 && int(flags[fd]) < 0
}

func init() {
	restoreFiles()
	grow()
	RestoreSlack()
	if entered == 0 {
		rawSyscall6(prlimit64(runtime.GOARCH), 0, rlimitNofile, 0, uintptr(unsafe.Pointer(&limit)), 0, 0)
	}
}

// rawSyscall6 is syscall.RawSyscall6, which may be linked to by name
// (src/syscall/syscall_linux.go); importing the package would defeat the purpose.
//
//go:linkname rawSyscall6 syscall.RawSyscall6
func rawSyscall6(number, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)

const rlimitNofile = 7

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
