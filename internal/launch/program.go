package launch

import (
	"golang.org/x/sys/unix"
)

// A program is a lowered plan: system calls in order, and the bytes that they point to. While it is built,
// addresses are offsets into data; load (arena.go) makes them real.
type program struct {
	calls  []call
	origin []origin // origin[i] tells what calls[i] is for
	data   []byte
	relocs []pointer // pointers that lie in data
	waits  [][]int   // the steps among them that the parent performs, all at once where the child waits once
	made   []undoer  // the tasks that have left something behind
	slots  []FD      // slots[i] is the name of the descriptor kept there, "" where there is none
	steps  []Step    // the plan
	step   int       // the step that is being lowered
	watch  Parent
	over   func() error // waits until the parent has done its part
	world
}

// origin is what the parent says of a system call that failed.
type origin struct {
	step      int
	operation string
	path      string
}

// pointer says that the word at data[at] is the address of data[to].
type pointer struct{ at, to int }

// A call is one raw system call before it is loaded.
type call struct {
	number uintptr
	args   [6]operand
	result int // the slot that keeps the result; noSlot for none
	mode   mode
	sets   [2]signalSet // for dispositions
	on     unix.Errno   // the error that is no failure, or anyError: the walk goes on with another call
	other  int          // the call to go on with then, or after beside; 0 for none
}

const noSlot = -1

// anyError stands for every errno, which are below 4096.
const anyError unix.Errno = 1<<16 - 1

type operandKind uint8

const (
	constant   operandKind = iota
	address                // of data[value]
	inArena                // of the byte at that offset of the arena's header
	descriptor             // the value is the number of a slot
)

type operand struct {
	kind  operandKind
	value uintptr
}

// mode says how a call is made, and what an error of it means for the walk.
type mode uint8

const (
	must         mode = iota // an error ends the launch
	ignore                   // go on after an error as if nothing had happened
	zero                     // any result other than 0 ends it too
	search                   // execve of one candidate of a PATH search: go on with the next if this one is not there
	lost                     // no call at all: the end of a PATH search that found nothing
	pause                    // wait for what the parent does meanwhile (parent.go)
	initialize               // no call: the process becomes an init, and a child of it goes on
	lead                     // the target becomes the leader of a process group (pidone.go)
	beside                   // clone a helper, which performs the calls up to a leave, while the process goes on behind it
	leave                    // no call: the helper has done its work
	proven                   // no call: an error unless the helper, which has ended, has done its work
	dispositions             // rt_sigaction(2) for two sets of signals: those set to SIG_DFL, those set to SIG_IGN
)

const maxSlots = 16 // a power of two

// add appends a system call; operation and path are for the error message.
func (p *program) add(c call, operation, path string) {
	p.calls = append(p.calls, c)
	p.origin = append(p.origin, origin{p.step, operation, path})
}

// syscall appends a system call that has to succeed.
func (p *program) syscall(operation, path string, number uintptr, args ...operand) {
	p.add(call{number: number, args: pad(args), result: noSlot}, operation, path)
}

// attempt appends a system call whose error does not matter.
func (p *program) attempt(operation string, number uintptr, args ...operand) {
	p.syscall(operation, "", number, args...)
	p.mayFail()
}

// open appends a system call whose result is a descriptor, kept under the name fd.
func (p *program) open(fd FD, operation, path string, number uintptr, args ...operand) {
	p.syscall(operation, path, number, args...)
	p.keep(fd)
}

// mayFail has the walk go on after an error of the call that was added last as if nothing had happened.
func (p *program) mayFail() { p.calls[len(p.calls)-1].mode = ignore }

// keep keeps the result of the call that was added last, a descriptor, under the name fd.
func (p *program) keep(fd FD) { p.calls[len(p.calls)-1].result = p.slot(fd) }

// beside has a helper perform the calls that are added next, up to a leave, while the process goes on behind them. The
// helper's pid is kept under the name helper. The function that is returned says where they end.
func (p *program) beside(helper FD) (processGoesOnHere func()) {
	i := len(p.calls)
	p.add(call{mode: beside, result: p.slot(helper)}, "clone", "")
	return func() { p.calls[i].other = len(p.calls) }
}

// on makes errno of the call that was added last no failure: the walk goes on with the call that it is given later, by
// the function that is returned, as the one that is added next.
func (p *program) on(errno unix.Errno) (goOnHere func()) {
	i := len(p.calls) - 1
	p.calls[i].on = errno
	return func() { p.calls[i].other = len(p.calls) }
}

// jump goes on with another call: a call that fails in one way only.
func (p *program) jump() (goOnHere func()) {
	p.syscall("jump", "", unix.SYS_CLOSE, num(-1))
	return p.on(unix.EBADF)
}

// close appends close(2) of a named descriptor and frees the name.
func (p *program) close(fd FD) {
	p.attempt("close", unix.SYS_CLOSE, p.fd(fd))
	p.slots[p.slot(fd)] = ""
}

func pad(args []operand) (six [6]operand) {
	copy(six[:], args)
	return six
}

// str stores s with its terminating NUL.
func (p *program) str(s string) operand {
	return p.bytes(append([]byte(s), 0))
}

// optional is str, or a null pointer for the empty string.
func (p *program) optional(s string) operand {
	if s == "" {
		return num(0)
	}
	return p.str(s)
}

// bytes stores b at an aligned place.
func (p *program) bytes(b []byte) operand {
	for len(p.data)%8 != 0 {
		p.data = append(p.data, 0)
	}
	at := len(p.data)
	p.data = append(p.data, b...)
	return operand{address, uintptr(at)}
}

// strings stores a NULL-terminated array of strings, as execve(2) takes it.
func (p *program) strings(list []string) operand {
	targets := make([]int, len(list))
	for i, s := range list {
		targets[i] = int(p.str(s).value)
	}
	array := p.bytes(make([]byte, (len(list)+1)*wordSize))
	for i, to := range targets {
		p.relocs = append(p.relocs, pointer{int(array.value) + i*wordSize, to})
	}
	return array
}

func num[T ~int | ~uint | ~uintptr | ~uint64 | ~int32 | ~uint32](v T) operand {
	return operand{constant, uintptr(v)}
}

// cwd is AT_FDCWD.
func cwd() operand {
	at := unix.AT_FDCWD
	return num(at)
}

// fd is the value of a named descriptor.
func (p *program) fd(name FD) operand {
	return operand{descriptor, uintptr(p.slot(name))}
}

// slot returns the slot of a name and takes a free one for a new name. A plan that needs more than there are is a
// mistake of the program, not of its user.
func (p *program) slot(name FD) int {
	free := -1
	for i, n := range p.slots {
		if n == name {
			return i
		}
		if n == "" && free < 0 {
			free = i
		}
	}
	if free < 0 {
		free = len(p.slots)
		p.slots = append(p.slots, "")
	}
	if free >= maxSlots {
		panic("launch: a plan holds too many descriptors at once")
	}
	p.slots[free] = name
	return free
}

// lower makes a program of a plan.
func lower(plan []Step, w world) *program {
	p := &program{steps: plan, world: w, over: func() error { return nil }, calls: make([]call, 0, 64), origin: make([]origin, 0, 64), data: make([]byte, 0, 8192)}
	for i, s := range plan {
		p.step = i
		s.Call.lower(p)
	}
	return p
}

// failure is the error of calls[i].
func (p *program) failure(i int, errno unix.Errno) *Error {
	o := p.origin[i]
	return &Error{Step: p.steps[o.step], Operation: o.operation, Path: o.path, Errno: errno}
}
