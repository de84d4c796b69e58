// Package trace follows rules of binfmt_misc where the kernel cannot: a filter leaves execve(2) and
// execveat(2) of all programs to it, and those that a rule matches execute the rule's interpreter
// instead, with the arguments that the kernel would give it. Everything else of these programs runs
// untouched. A program is traced (ptrace(2)) for no longer than such a call takes.
//
// The interpreter is executed with the caller's own arguments. They are completed on the new stack,
// before the interpreter sees them: nothing is written to memory that others may share, as the
// parent of a vfork(2) does.
//
// Not for: security. A program can change what its call points to after that was read.
package trace

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/listener"
)

// A Tracer follows rules for the programs of a launch. It is used by one goroutine.
type Tracer struct {
	// Reach opens what a program calls by a path that is closed to this process; -1 if it cannot.
	Reach func(n *listener.Notice, name string) int

	Others bool // programs of other users have to be looked into, without a right to

	rules    []Rule
	pass     uint32 // the sixth argument of calls that are its own
	note     func(sentence string)
	locked   bool
	offset   uint64    // of an instruction in the vDSO
	hostProc int       // what programs execute files through that the kernel looks for by name; negative if it does not
	once     sync.Once // of what is said
}

// Available tells whether this machine can have one: the kernel leaves calls to a listener (Linux
// 5.0), and takes descriptors from it (5.9), and the registers of programs are known here.
func Available() bool {
	action := uint32(unix.SECCOMP_RET_USER_NOTIF)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return errno == 0 && supported && binfmt.Since(5, 9)
}

// New makes a tracer. pass is seccomp.Options.Pass of the filter.
func New(rules []Rule, pass uint32, note func(sentence string)) *Tracer {
	t := &Tracer{rules: rules, pass: pass, note: note, offset: syscallOffset(), hostProc: -1}
	if binfmt.Withholds() {
		t.hostProc, _ = unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	return t
}

// SeesNothing is for programs that cannot be looked at, because /proc has others under their
// numbers. They are executed as they are.
func (t *Tracer) SeesNothing() {
	t.say("foreign programs cannot be run by tracing here: /proc is another pid namespace's; mount one: mount -t proc proc /proc")
}

// say tells the user once why there is something that cannot be done.
func (t *Tracer) say(sentence string) { t.once.Do(func() { t.note(sentence) }) }

// yamaForbids tells whether only those may trace who have CAP_SYS_PTRACE, or nobody
// (Documentation/admin-guide/LSM/Yama.rst).
func yamaForbids() bool {
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	return err == nil && len(text) > 0 && text[0] >= '2'
}

// Takes tells whether a call, as seccomp.Notified names it, is a tracer's to answer: one that
// executes a program, or changes the ids of a process.
func Takes(call string) bool { return isExec(call) || strings.HasPrefix(call, "set") }

func isExec(call string) bool { return call == "execve" || call == "execveat" }

// Answer answers one of these calls.
func (t *Tracer) Answer(l listener.Listener, n *listener.Notice, call string) {
	if t.Others {
		restore, can := t.become(int(n.PID))
		if !can {
			l.GoOn(n)
			return
		}
		defer restore()
	}
	if isExec(call) {
		t.exchange(l, n, call)
		return
	}
	t.changeIDs(l, n)
}

// exchange has the interpreter executed in place of a program, if a rule matches that.
func (t *Tracer) exchange(l listener.Listener, n *listener.Notice, call string) {
	v := &view{Notice: n, reach: t.Reach}
	first, errno := v.called(call)
	if errno != 0 {
		if errno == unix.EPERM && yamaForbids() {
			t.say("foreign programs cannot be run by tracing here: the setting kernel.yama.ptrace_scope forbids it")
		}
		l.GoOn(n) // the kernel knows better what is wrong
		return
	}
	name := first.path
	e, errno := resolve(first, t.rules, v.interpreter)
	switch {
	case !e.followed:
		l.GoOn(n)
	case errno != 0:
		l.Return(n, errno)
	case l.Waits(n):
		t.replace(l, &exchange{execution: e, view: v, name: name, call: call})
	}
	if errno == 0 {
		e.close()
	}
}

// lock keeps to one thread: a tracee belongs to that (ptrace(2)), and so do credentials.
func (t *Tracer) lock() {
	if !t.locked {
		runtime.LockOSThread()
		t.locked = true
	}
}
