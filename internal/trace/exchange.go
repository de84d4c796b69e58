package trace

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
	"github.com/xunshare/xunshare/internal/supervise"
)

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
	tracee, err := halt(l, x.Notice, func() { x.give(l, t.hostProc) })
	switch {
	case err != nil && !l.Waits(x.Notice): // it has been killed
	case err != nil:
		t.say(x.name + " cannot be emulated: it cannot be traced (" + err.Error() + "); is another program tracing it?")
		l.GoOn(x.Notice)
	case tracee != nil:
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
	before := tracee.registers
	again := tracee.interrupted || x.failed == unix.ENOENT // the call is made again, after a signal
	result, gone := -int64(x.failed), false
	if !again && x.failed == 0 {
		result, gone = t.exec(tracee, x)
	}
	switch {
	case gone:
		return
	case again || result != 0:
		x.takeBack(tracee)
		tracee.registers = before
		if !again {
			tracee.end(result)
		}
	case !t.complete(tracee, x):
		tracee.kill() // or it would run with arguments that are not its own
		return
	}
	tracee.leave()
}

// exec makes the call with the arguments and the environment that the caller has given.
func (t *Tracer) exec(tracee *tracee, x *exchange) (result int64, gone bool) {
	args := x.Args[1:]
	if x.call == "execveat" {
		args = x.Args[2:]
	}
	if x.given[theHostProc] < 0 {
		return tracee.call(tracee.how.execveat, uint64(x.given[theProgram]), x.empty, args[0], args[1], unix.AT_EMPTY_PATH, uint64(t.pass))
	}
	name, giveBack := tracee.borrow(fmt.Sprintf("self/fd/%d\x00", x.given[theProgram]))
	defer giveBack()
	if result, gone = tracee.call(tracee.how.fchdir, uint64(x.given[theHostProc])); gone || result != 0 {
		return result, gone
	}
	here := int64(unix.AT_FDCWD)
	return tracee.call(tracee.how.execveat, uint64(here), name, args[0], args[1], 0, uint64(t.pass))
}

// takeBack undoes what the caller need not know of.
func (x *exchange) takeBack(tracee *tracee) {
	if x.given[theDir] >= 0 {
		_, _ = tracee.call(tracee.how.fchdir, uint64(x.given[theDir]))
	}
	for _, fd := range x.given {
		if fd >= 0 {
			_, _ = tracee.call(tracee.how.close, uint64(fd))
		}
	}
}

// complete gives the interpreter its arguments, and the process its name: the program's.
func (t *Tracer) complete(tracee *tracee, x *exchange) (ok bool) {
	memory, err := process.OpenMemory(tracee.pid, unix.O_RDWR)
	if err != nil {
		return false
	}
	defer memory.Close()
	s, ok := readStack(memory, tracee.sp(), x.program.width())
	if !ok {
		return false
	}
	at, text, name := s.build(x.execution, x.name, x.given[theFile])
	tracee.how = conventionOf(native)
	vdso := s.value(auxVDSO)
	calls := s.width == 8 && vdso != 0 && t.offset != 0
	if calls {
		tracee.at = vdso + t.offset
	}
	if calls && !memory.Stays() {
		tracee.growStack(at)
	}
	if n, err := memory.WriteAt(text, int64(at)); err != nil || n < len(text) {
		return false
	}
	tracee.setSP(at)
	return !calls || x.settle(tracee, name+uint64(len(x.name)-len(path.Base(x.name))))
}

// settle has the new program make calls before its own first instruction. The kernel has named it
// after what was executed, which is right where that was a descriptor, as the caller's was.
func (x *exchange) settle(tracee *tracee, name uint64) (ok bool) {
	before, gone := tracee.registers, false
	if byPath := x.given[theHostProc] >= 0; byPath || !x.nameless {
		_, gone = tracee.call(tracee.how.prctl, unix.PR_SET_NAME, name)
	}
	if dir := x.given[theDir]; dir >= 0 && !gone {
		_, _ = tracee.call(tracee.how.fchdir, uint64(dir))
		_, gone = tracee.call(tracee.how.close, uint64(dir))
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
