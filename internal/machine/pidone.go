package machine

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Everything in this file runs in the init, which is a copy of this process without a Go runtime,
// as the child in walk.go is. Starting the program again instead would cost as much as a launch,
// need several megabytes, and need the file to be executable from inside the root. All signals stay
// blocked: they are waited for, and a blocked signal reaches the first process of a pid namespace
// although it has no handler (sig_ignored in kernel/signal.c).

// forkInit is fork for a child that becomes an init. That needs memory of its own.
//
//go:noinline
//go:nosplit
//go:norace
func (a *Arena) forkInit(flags uintptr) (pid int, errno syscall.Errno) {
	pid, errno = clone(flags)
	if pid == 0 && errno == 0 {
		a.walk()
		if a.failed == 0 && a.startTarget() {
			for {
				a.Station.serve()
			}
		}
		exit()
	}
	return pid, errno
}

// startTarget starts the target, and tells whether it could.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (a *Arena) startTarget() bool {
	s := &a.Station
	if s.Apart != 0 {
		syscall.RawSyscall6(unix.SYS_SETPGID, 0, 0, 0, 0, 0, 0)
	}
	// The target may be root where the init is: neither our memory and environment nor the file
	// that we run is its business. It gets a memory of its own, and this flag back, when it is
	// executed (PR_SET_DUMPABLE(2const)).
	syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0, 0)
	pid, errno := a.fork(uintptr(unix.SIGCHLD), s.share != 0)
	if errno != 0 {
		a.failed, a.errno = a.next, uint32(errno)
		return false
	}
	s.target = int32(pid)
	s.all = ^uint64(0)
	return true
}

// lead makes the target the leader of a process group, and that the terminal's foreground group, as
// a shell does with a job: the target must not run before.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) lead() {
	if s.Apart == 0 {
		return
	}
	syscall.RawSyscall6(unix.SYS_SETPGID, 0, 0, 0, 0, 0, 0)
	pid, _, _ := syscall.RawSyscall6(unix.SYS_GETPID, 0, 0, 0, 0, 0, 0)
	s.group = int32(pid)
	s.giveTerminal()
}

// giveTerminal gives the terminal, if xunshare has said so, to the group that had it last or, if
// that is gone, to the target's.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) giveTerminal() {
	if s.Give == 0 {
		return
	}
	s.Give = 0
	if s.group != 0 && s.setForeground() {
		if s.group != s.target { // it may have been stopped because it did not have the terminal
			syscall.RawSyscall6(unix.SYS_KILL, uintptr(-s.group), uintptr(unix.SIGCONT), 0, 0, 0, 0)
		}
		return
	}
	group, _, _ := syscall.RawSyscall6(unix.SYS_GETPGID, uintptr(s.target), 0, 0, 0, 0, 0)
	s.group = int32(group)
	if s.group != 0 { // not one outside
		s.setForeground()
	}
}

// setForeground is tcsetpgrp(3), which a process in the background may call while it blocks
// SIGTTOU.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) setForeground() bool {
	_, _, errno := syscall.RawSyscall6(unix.SYS_IOCTL, uintptr(s.TTY), unix.TIOCSPGRP, uintptr(unsafe.Pointer(&s.group)), 0, 0, 0)
	return errno == 0
}

// serve waits for the next signal and does what it is for.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) serve() {
	sig, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&s.all)),
		uintptr(unsafe.Pointer(&s.info)), 0, SigsetSize, 0, 0)
	switch {
	case errno != 0: // EINTR, after a stop
	case sig == uintptr(unix.SIGCHLD):
		s.reap()
	case sig == uintptr(unix.SIGURG) && s.Asked != 0:
		s.answer()
	case s.fromInside(): // by sysvinit, say, to an init that has business with it: there it would end the session
	case s.Apart != 0 || s.alone():
		s.pass(sig)
	}
}

// answer tells xunshare what state the target is in. What xunshare sent before it asked has been
// passed on: of several pending signals that with the lowest number comes first (next_signal in
// kernel/signal.c), and SIGURG has a high one.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) answer() {
	s.Asked = 0
	s.reap()
	s.tell(Answer | s.stopped)
}

// reap takes in all children that have ended.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) reap() {
	for {
		pid, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&s.last)),
			unix.WNOHANG|unix.WUNTRACED|unix.WCONTINUED, 0, 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0 || pid == 0:
			return
		case int32(pid) != s.target:
		case s.last == 0xffff: // WIFCONTINUED
			s.stopped = 0
		case s.last&0xff == 0x7f: // WIFSTOPPED
			s.stopped = byte(s.last >> 8)
			s.noteTerminal()
			s.tell(s.stopped)
		default:
			s.Status, s.Ended = s.last, 1
			exit()
		}
	}
}

// noteTerminal notes which of the groups here has the terminal; groups outside have the number 0.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) noteTerminal() {
	s.found = 0
	syscall.RawSyscall6(unix.SYS_IOCTL, uintptr(s.TTY), unix.TIOCGPGRP, uintptr(unsafe.Pointer(&s.found)), 0, 0, 0)
	s.Inside = 0
	if s.found != 0 {
		s.Inside, s.group = 1, s.found
	}
}

// tell writes a byte to xunshare.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) tell(b byte) {
	s.told = b
	syscall.RawSyscall6(unix.SYS_WRITE, uintptr(s.Reports), uintptr(unsafe.Pointer(&s.told)), 1, 0, 0, 0)
}

// The places of what siginfo_t of sigaction(2) holds, in ints.
const siCode, siPid = 2, 3 + unsafe.Sizeof(uintptr(0))/8

// fromInside tells whether the signal comes from the namespace: nobody outside has a pid here
// (__send_signal_locked in kernel/signal.c).
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) fromInside() bool {
	return (*[32]int32)(unsafe.Pointer(&s.info))[siPid] > 0
}

// alone tells whether the signal was sent to the init alone, not to the process group outside that
// the target is in as well: by xunshare, which uses sigqueue(3). What xunshare's death sends is
// like it.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) alone() bool {
	return (*[32]int32)(unsafe.Pointer(&s.info))[siCode] == SIQueue || s.orphan()
}

// SIQueue is si_code of a signal that was sent by sigqueue(3).
const SIQueue = -1

// orphan tells whether xunshare is dead: its pidfd is readable then.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) orphan() bool {
	poll := unix.PollFd{Fd: s.Parent, Events: unix.POLLIN}
	var now unix.Timespec
	n, _, errno := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return errno == 0 && n != 0
}

// isLate tells whether a SIGCONT comes from before the target has been stopped.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) isLate() bool {
	poke, resume := s.Poke, s.Resume
	s.Poke, s.Resume = 0, 0
	if poke == 0 || resume != 0 {
		return false
	}
	s.reap()
	if s.stopped == 0 && poke&InForeground != 0 {
		s.Give = 1
	}
	return s.stopped != 0
}

// pass passes a signal on to the target; what stops or continues a job, to its group.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (s *Station) pass(sig uintptr) {
	to := s.target
	if sig == uintptr(unix.SIGCONT) {
		if s.isLate() {
			return
		}
		s.giveTerminal()
	}
	if s.Apart != 0 && (sig == uintptr(unix.SIGCONT) || sig == uintptr(unix.SIGTSTP)) {
		to = -to
	}
	syscall.RawSyscall6(unix.SYS_KILL, uintptr(to), sig, 0, 0, 0, 0)
}
