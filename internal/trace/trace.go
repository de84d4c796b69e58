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
	"fmt"
	"os"
	"path"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/supervise"
)

// A Tracer follows rules for the programs of a launch. It is used by one goroutine.
type Tracer struct {
	// Reach opens what a program calls by a path that is closed to this process; -1 if it cannot.
	Reach func(n *listener.Notice, name string) int

	Others bool // programs of other users have to be looked into, without a right to: ChangeIDs is called

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

// Exec answers a call by which a program is executed, "execve" or "execveat".
func (t *Tracer) Exec(l listener.Listener, n *listener.Notice, call string) {
	if t.Others {
		restore, can := t.become(int(n.PID))
		if !can {
			l.GoOn(n)
			return
		}
		defer restore()
	}
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

// An exchange is an execution in place of another.
type exchange struct {
	*execution
	*view
	name   string // that the program was called by
	call   string
	given  [4]int // descriptors in the caller, by what they are
	failed unix.Errno
}

// What is given to the caller. A negative number in exchange.given stands for nothing.
const (
	theProgram = iota
	theFile    // that it interprets
	theHostProc
	theDir // that the caller works in
)

// replace has the call execute another program.
func (t *Tracer) replace(l listener.Listener, x *exchange) {
	t.lock()
	supervise.Trace()
	defer supervise.Untrace()
	pid := int(x.PID)
	if err := seize(pid); err != nil {
		t.say(x.name + " cannot be emulated: it cannot be traced (" + err.Error() + "); is another program tracing it?")
		l.GoOn(x.Notice)
		return
	}
	x.give(l, t.hostProc)
	_ = request(unix.PTRACE_INTERRUPT, pid, 0, 0)
	l.Return(x.Notice, listener.Again) // unless it has been interrupted already
	if tracee, gone := stopAt(x.Notice); !gone {
		t.execute(tracee, x)
	}
}

// give puts the descriptors among the caller's.
func (x *exchange) give(l listener.Listener, hostProc int) {
	x.given = [...]int{-1, -1, -1, -1}
	give := func(what, fd int, cloexec bool) {
		if x.failed == 0 && fd >= 0 {
			number, err := l.Give(x.Notice, fd, cloexec)
			x.given[what], x.failed = number, errnoOf(err)
		}
	}
	give(theProgram, x.program.fd, true)
	if x.opened != nil {
		give(theFile, x.opened.fd, false)
	}
	if hostProc >= 0 {
		dir := x.Open("cwd", unix.O_RDONLY|unix.O_DIRECTORY) // fget of fs/file.c takes none that is open with O_PATH
		defer unix.Close(dir)
		give(theDir, dir, false)
	}
	if x.given[theDir] >= 0 {
		give(theHostProc, hostProc, true)
	}
}

// execute makes the call, and completes what the new program begins with.
func (t *Tracer) execute(tracee *tracee, x *exchange) {
	how := conventionOf(x.Arch)
	before := tracee.registers
	if tracee.interrupted || x.failed == unix.ENOENT { // the call is made again after a signal
		x.takeBack(tracee, how)
		tracee.registers = before
		tracee.leave()
		return
	}
	result, gone := -int64(x.failed), false
	if x.failed == 0 {
		result, gone = t.exec(tracee, x, how)
	}
	switch {
	case gone:
		return
	case result != 0:
		x.takeBack(tracee, how)
		tracee.registers = before
		tracee.end(result)
	case !t.complete(tracee, x):
		tracee.kill() // or it would run with arguments that are not its own
		return
	}
	tracee.leave()
}

// exec makes the call with the arguments and the environment that the caller has given.
func (t *Tracer) exec(tracee *tracee, x *exchange, how convention) (result int64, gone bool) {
	args := x.Args[1:]
	if x.call == "execveat" {
		args = x.Args[2:]
	}
	if x.given[theHostProc] < 0 {
		return tracee.call(how.execveat, uint64(x.given[theProgram]), x.empty, args[0], args[1], unix.AT_EMPTY_PATH, uint64(t.pass))
	}
	name, giveBack := tracee.borrow(fmt.Sprintf("self/fd/%d\x00", x.given[theProgram]))
	defer giveBack()
	if result, gone = tracee.call(how.fchdir, uint64(x.given[theHostProc])); gone || result != 0 {
		return result, gone
	}
	here := int64(unix.AT_FDCWD)
	return tracee.call(how.execveat, uint64(here), name, args[0], args[1], 0, uint64(t.pass))
}

// takeBack undoes what the caller need not know of.
func (x *exchange) takeBack(tracee *tracee, how convention) {
	if x.given[theDir] >= 0 {
		_, _ = tracee.call(how.fchdir, uint64(x.given[theDir]))
	}
	for _, fd := range x.given {
		if fd >= 0 {
			_, _ = tracee.call(how.close, uint64(fd))
		}
	}
}

// complete gives the interpreter its arguments, and the process its name: the program's.
func (t *Tracer) complete(tracee *tracee, x *exchange) (ok bool) {
	memory, err := listener.OpenMemory(tracee.pid, unix.O_RDWR)
	if err != nil {
		return false
	}
	defer memory.Close()
	s, ok := readStack(memory, tracee.sp(), x.program.width())
	if !ok {
		return false
	}
	at, text, name := s.build(x.execution, x.name, x.given[theFile])
	if n, err := memory.WriteAt(text, int64(at)); err != nil || n < len(text) {
		return false
	}
	tracee.short = false
	tracee.setSP(at)
	if vdso := s.value(auxVDSO); s.width == 8 && vdso != 0 && t.offset != 0 {
		tracee.at = vdso + t.offset
		return x.settle(tracee, name+uint64(len(x.name)-len(path.Base(x.name))))
	}
	return true
}

// settle has the new program make calls before its own first instruction.
func (x *exchange) settle(tracee *tracee, name uint64) (ok bool) {
	before, gone := tracee.registers, false
	if !x.nameless {
		_, gone = tracee.call(unix.SYS_PRCTL, unix.PR_SET_NAME, name)
	}
	if dir := x.given[theDir]; dir >= 0 && !gone {
		_, _ = tracee.call(unix.SYS_FCHDIR, uint64(dir))
		_, gone = tracee.call(unix.SYS_CLOSE, uint64(dir))
	}
	tracee.registers = before
	return !gone
}

// width is the size of a word in a program.
func (f *file) width() int {
	const class, class32 = 4, 1 // e_ident[EI_CLASS] of elf(5)
	if f.start[class] == class32 {
		return 4
	}
	return 8
}
