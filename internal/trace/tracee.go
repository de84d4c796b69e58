package trace

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
)

// A tracee is a thread that is stopped by ptrace(2) on its way out of a system call, and makes
// others for its tracer. No signal reaches it meanwhile but SIGKILL and SIGSTOP.
type tracee struct {
	pid   int
	how   convention
	first int    // thread of its process, whose number it gets when it executes a program; 0 if it is that
	at    uint64 // of an instruction that makes a system call
	mask  uint64 // the signals that it blocks
	registers

	interrupted bool // its call was, by a signal that it handles first
}

// seize attaches to a thread, which goes on. It dies if this process does.
func seize(pid int) error {
	return request(unix.PTRACE_SEIZE, pid, 0, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL)
}

// halt seizes the thread that makes a call and ends the call, which has no effect. The error says
// that the thread cannot be traced; the call waits still. Without one, it may have ended: then
// there is no tracee. What is given to the caller while it waits is given by give.
func halt(l listener.Listener, n *listener.Notice, give func()) (*tracee, error) {
	pid := int(n.PID)
	if err := seize(pid); err != nil {
		return nil, err
	}
	give()
	_ = request(unix.PTRACE_INTERRUPT, pid, 0, 0)
	l.Return(n, listener.Again) // unless it has been interrupted already
	if t, gone := stopAt(n); !gone {
		return t, nil
	}
	return nil, nil
}

// stopAt waits for the thread to stop, which has been told to. gone is true if it has ended
// instead. A signal that it is about to get when that is said, it gets first.
func stopAt(n *listener.Notice) (t *tracee, gone bool) {
	t = &tracee{pid: int(n.PID), how: conventionOf(n.Arch)}
	if unix.Tgkill(t.pid, t.pid, 0) == unix.ESRCH {
		s, _ := process.StatusOf(t.pid)
		t.first = s.Process
	}
	for told := false; !told; {
		status, gone := t.wait()
		if gone {
			return nil, true
		}
		if told = status>>16 == unix.PTRACE_EVENT_STOP; !told {
			t.interrupted = true
			_ = request(unix.PTRACE_CONT, t.pid, 0, uintptr(status.StopSignal()))
		}
	}
	all := ^uint64(0)
	if t.get() != nil || request(unix.PTRACE_GETSIGMASK, t.pid, maskSize, uintptr(unsafe.Pointer(&t.mask))) != nil ||
		request(unix.PTRACE_SETSIGMASK, t.pid, maskSize, uintptr(unsafe.Pointer(&all))) != nil {
		return nil, t.lost()
	}
	t.at = t.callAt(n)
	return t, false
}

const maskSize = 8 // sizeof(sigset_t) in the kernel

// wait waits until the thread stops. One that executes a program becomes the first of its process
// (execve(2)), and goes on under that number.
func (t *tracee) wait() (status unix.WaitStatus, gone bool) {
	for {
		var info unix.Siginfo
		err := t.look(&info)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, true
		case info.Code != cldTrapped && info.Code != cldStopped:
			t.bury()
			return 0, true
		default:
			_, err = unix.Wait4(t.pid, &status, unix.WALL|unix.WNOTHREAD, nil)
			return status, err != nil
		}
	}
}

// look waits for the tracee, and leaves it to be waited for.
func (t *tracee) look(info *unix.Siginfo) error {
	const how = unix.WSTOPPED | unix.WEXITED | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	if t.first == 0 {
		return unix.Waitid(unix.P_PID, t.pid, info, how, nil)
	}
	for { // nobody is told when a thread gets another number
		var failed [2]error
		for i, pid := range [...]int{t.pid, t.first} {
			failed[i] = unix.Waitid(unix.P_PID, pid, info, how|unix.WNOHANG, nil)
			if failed[i] == nil && childOf(info) == pid {
				t.pid = pid
				return nil
			}
		}
		if failed[0] != nil && failed[1] != nil {
			return failed[1]
		}
		time.Sleep(threadPause)
	}
}

// threadPause is how long a thread that executes a program, which few do, is left alone.
const threadPause = 50 * time.Microsecond

// Of si_code, for SIGCHLD (sigaction(2)).
const (
	cldTrapped = 4
	cldStopped = 5
)

// childOf is si_pid, which follows a pointer's alignment.
func childOf(info *unix.Siginfo) int {
	const at = 2 + unsafe.Sizeof(uintptr(0))/4
	return int((*[at + 1]int32)(unsafe.Pointer(info))[at])
}

// bury lets the parent of a tracee that has ended know; a child of this process is waited for
// elsewhere.
func (t *tracee) bury() {
	if s, _ := process.StatusOf(t.pid); s.Parent != unix.Getpid() {
		_, _ = unix.Wait4(t.pid, nil, unix.WALL|unix.WNOTHREAD, nil)
	}
}

// call has the tracee make a system call, and returns its result: negative for an error.
func (t *tracee) call(number uintptr, args ...uint64) (result int64, gone bool) {
	t.prepare(number, args)
	if t.put() != nil {
		return 0, t.lost()
	}
	for range [...]string{"it begins", "it ends"} {
		if t.goOn() {
			return 0, true
		}
	}
	if t.get() != nil {
		return 0, t.lost()
	}
	return t.result(), false
}

// goOn has the tracee go on until its system call begins, or ends. What stops its process takes
// effect when it is left alone.
func (t *tracee) goOn() (gone bool) {
	const ofCall = unix.SIGTRAP | 0x80 // PTRACE_O_TRACESYSGOOD
	for deliver := 0; ; {
		if request(unix.PTRACE_SYSCALL, t.pid, 0, uintptr(deliver)) != nil {
			return t.lost()
		}
		status, gone := t.wait()
		switch {
		case gone || status.StopSignal() == ofCall:
			return gone
		case status>>16 == 0: // it is about to get a signal, SIGSTOP
			deliver = int(status.StopSignal())
		default:
			deliver = 0
		}
	}
}

// beneath is how far below the stack a text is borrowed: leaf functions use 128 bytes there (System
// V ABI of x86-64, "red zone"), and few stacks end nearer.
const beneath = 128 + 64

// borrow puts a short text into the tracee's memory, and returns where. giveBack puts back what was
// there, for those who share the memory, also when the tracee has another by then.
func (t *tracee) borrow(text string) (at uint64, giveBack func()) {
	at = t.sp() - beneath
	memory, err := process.OpenMemory(t.pid, unix.O_RDWR)
	if err != nil {
		return at, func() {} // the call fails
	}
	was := make([]byte, len(text))
	_, _ = memory.ReadAt(was, int64(at))
	_, _ = memory.WriteAt([]byte(text), int64(at))
	return at, func() {
		if memory.Stays() {
			_, _ = memory.WriteAt(was, int64(at))
		}
		memory.Close()
	}
}

// growStack has the tracee itself write beneath its stack, which grows by that. By
// process_vm_writev(2) it does not since Linux 6.5 (commit a425ac5365f6).
func (t *tracee) growStack(to uint64) {
	before := t.registers
	_, _ = t.call(t.how.prctl, unix.PR_GET_NAME, to)
	t.registers = before
}

// kill ends the tracee, and waits for that: its parent waits for the tracer.
func (t *tracee) kill() {
	_ = unix.Kill(t.pid, unix.SIGKILL)
	t.lost()
}

// lost waits for the end of a tracee that is being killed, as one is that is not stopped any more.
// Its parent hears of it from the tracer alone.
func (t *tracee) lost() (gone bool) {
	for !gone {
		_, gone = t.wait()
	}
	return true
}

// leave lets the tracee go on by itself, with these registers.
func (t *tracee) leave() {
	_ = t.put()
	_ = request(unix.PTRACE_SETSIGMASK, t.pid, maskSize, uintptr(unsafe.Pointer(&t.mask)))
	if request(unix.PTRACE_DETACH, t.pid, 0, 0) != nil {
		t.lost()
	}
}

// request is ptrace(2).
func request(what, pid int, address, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(what), uintptr(pid), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
