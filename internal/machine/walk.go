package machine

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Everything in this file runs in the child between clone and execve, where there is no Go runtime:
// no allocation, no lock, no growing stack, no write barrier. The functions are nosplit so that the
// linker proves the second half of it.

// walk performs the instructions in order, from the next one on. It returns at the first that
// fails, which it leaves in the arena, after the last, where the process has to become an init, or,
// in the process itself, where others of its threads have something to do first. A successful
// execve does not return, and neither does a helper.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (a *Arena) walk() {
	next := &a.next
	for *next < a.count {
		this := *next // which a helper must not read again: the process may have gone on by then
		in := a.instruction(this)
		switch { // what needs the stack that perform would take: there is not much (800 bytes, "nosplit" in cmd/link)
		case in.mode == pause && a.here != 0, in.mode == initialize:
			*next++
			return
		case in.mode == dispositions:
			SetDispositions(SignalSet(in.sets[0])&^a.plain, SignalSet(in.sets[1]))
			*next++
			continue
		case in.mode == lead:
			a.Station.lead()
			*next++
			continue
		case in.mode == leave:
			a.done = 1
			exit()
		case in.mode == proven && (a.failed != 0 || a.done != 0):
			if a.failed != 0 { // in the helper
				return
			}
			a.done = 0
			*next++
			continue
		}
		result, errno := a.perform(in)
		switch {
		case in.mode == beside && errno == 0 && result == 0:
			a.helper = this + 1
			next = &a.helper
		case errno == 0:
			if in.result >= 0 {
				a.slots[in.result&(MaxSlots-1)] = result
			}
			*next++
			if in.mode == beside {
				*next = in.other
			}
		case errno == unix.EINTR: // a stop and a continuation interrupt some calls, although all signals are blocked
		case in.mode == ignore, in.mode == search && a.elsewhere(errno):
			*next++
		case in.other != 0 && (errno == syscall.Errno(in.on) || in.on == uint16(AnyError)):
			*next = in.other
		default:
			a.failed, a.errno = this+1, uint32(errno)
			if next == &a.helper {
				exit()
			}
			return
		}
	}
}

// perform makes the call of one instruction.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (a *Arena) perform(in *instruction) (result uintptr, errno syscall.Errno) {
	switch {
	case in.mode == lost && a.denied != 0:
		return 0, unix.EACCES
	case in.mode == lost:
		return 0, unix.ENOENT
	case in.mode == proven: // the helper has been killed
		return 0, unix.ECHILD
	case in.mode == beside:
		pid, errno := clone(uintptr(unix.SIGCHLD))
		return uintptr(pid), errno
	}
	args := in.args
	for i := range args {
		if in.isSlot>>i&1 != 0 {
			args[i] = a.slots[args[i]&(MaxSlots-1)]
		}
	}
	result, _, errno = syscall.RawSyscall6(in.number, args[0], args[1], args[2], args[3], args[4], args[5])
	if errno == 0 && in.mode == zero && result != 0 {
		errno = unix.ECANCELED
	}
	return result, errno
}

// elsewhere tells whether a search goes on after errno: the file is not there, or this one may not
// be executed while a later one may (execvp(3)).
//
//go:nosplit
//go:norace
//go:nocheckptr
func (a *Arena) elsewhere(errno syscall.Errno) bool {
	switch errno {
	case unix.EACCES:
		a.denied = 1
		return true
	case unix.ENOENT, unix.ENOTDIR, unix.ESTALE, unix.ENODEV, unix.ETIMEDOUT:
		return true
	}
	return false
}

// exit ends the child.
//
//go:nosplit
//go:norace
func exit() {
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 1, 0, 0)
	}
}
