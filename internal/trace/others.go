package trace

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
	"github.com/xunshare/xunshare/internal/supervise"
)

// Without CAP_SYS_PTRACE, as in containers, root cannot look into a process that becomes another
// user (su(1)): it is that user's, and its memory is closed (PR_SET_DUMPABLE(2const)) until it
// executes a program, which is what would be looked at. So the change itself is made by the process
// under a tracer, which may still trace it, and which has it open its memory again. From then on
// the tracer looks at it as that user.

// changeIDs answers a call by which a process changes its ids.
func (t *Tracer) changeIDs(l listener.Listener, n *listener.Notice) {
	supervise.Trace()
	defer supervise.Untrace()
	if !l.Waits(n) {
		return
	}
	tracee, err := halt(l, n, func() {})
	switch {
	case err != nil:
		l.GoOn(n)
		return
	case tracee == nil:
		return
	case tracee.interrupted:
		tracee.leave()
		return
	}
	before := tracee.registers
	result, gone := tracee.call(uintptr(n.Number), n.Args[0], n.Args[1], n.Args[2], 0, 0, uint64(t.pass))
	if !gone {
		_, gone = tracee.call(tracee.how.prctl, unix.PR_SET_DUMPABLE, 1)
	}
	if !gone {
		tracee.registers = before
		tracee.end(result)
		tracee.leave()
	}
}

// become makes this thread look at others as the user whose process it is: by the ids that count in
// /proc and for ptrace(2), "Ptrace access mode checking". A process whose own ids differ can be
// looked into by nobody.
func (t *Tracer) become(pid int) (restore func(), can bool) {
	t.lock()
	s, err := process.StatusOf(pid)
	if err != nil || isMixed(s.Users) || isMixed(s.Groups) {
		return nil, false
	}
	setReal(s.Users[0], s.Groups[0])
	setForFiles(s.Users[0], s.Groups[0])
	return func() {
		setForFiles(0, 0) // first: this brings the capabilities back that the other way round has lost (capabilities(7))
		setReal(0, 0)
	}, true
}

// setReal changes the real ids of this thread alone, as the system call does, and takes those for
// files from the effective ones, which stay.
func setReal(user, group uint32) {
	const same = ^uintptr(0)
	_, _, _ = unix.RawSyscall(unix.SYS_SETRESGID, uintptr(group), same, same)
	_, _, _ = unix.RawSyscall(unix.SYS_SETRESUID, uintptr(user), same, same)
}

func setForFiles(user, group uint32) {
	_, _, _ = unix.RawSyscall(unix.SYS_SETFSGID, uintptr(group), 0, 0)
	_, _, _ = unix.RawSyscall(unix.SYS_SETFSUID, uintptr(user), 0, 0)
}
