package machine

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A Program is system calls in order, and the bytes that they point to. While it is built,
// addresses are offsets into data; Load makes them real.
type Program struct {
	calls  []call
	origin []origin // origin[i] tells what calls[i] is for
	data   []byte
	relocs []pointer // pointers that lie in data
	slots  []FD      // slots[i] is the name of the descriptor kept there, "" where there is none
	step   int       // the step that is being lowered
	Self
}

// FD names a descriptor that one call opens and later ones use. It is close-on-exec: the target
// never sees it.
type FD string

// buffer is where the data of a program is put. A slice that grows is cleared and copied each time,
// and each page of it that is touched costs a fault; of this nothing is touched but what is used.
// There is one launch in a process, so whoever comes first has it.
var buffer struct {
	taken atomic.Bool
	data  [64 << 10]byte
}

// New begins a program for a plan of so many steps.
func New(w Self, steps int) *Program {
	size := 16 + 3*steps // steps make two or three calls each
	p := &Program{Self: w, calls: make([]call, 0, size), origin: make([]origin, 0, size)}
	if buffer.taken.CompareAndSwap(false, true) {
		p.data = buffer.data[:0]
	}
	return p
}

// Begin says which step of a plan the calls that are added next belong to.
func (p *Program) Begin(step int) { p.step = step }

// A Failure is a system call of the program that failed.
type Failure struct {
	Step      int // as Begin said
	Operation string
	Path      string
	Errno     unix.Errno
}

// Outcome is the failure that the walk left in the arena; nil if it left none. A target may write
// to the memory of its init (ptrace(2)), so it can be any.
func (p *Program) Outcome(a *Arena) *Failure {
	if a.failed == 0 {
		return nil
	}
	o := p.origin[min(int(a.failed), len(p.calls))-1]
	return &Failure{o.step, o.operation, o.path, unix.Errno(a.errno)}
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
	args   [6]Operand
	result slot // where the result is kept
	mode   mode
	sets   [2]SignalSet // for dispositions
	on     unix.Errno   // the error that is no failure, or AnyError: the walk goes on with another call
	other  int          // the call to go on with then, or after beside; 0 for none
}

// AnyError stands for every errno, which are below 4096.
const AnyError unix.Errno = 1<<16 - 1

// mode says how a call is made, and what an error of it means for the walk.
type mode uint8

const (
	must         mode = iota // an error ends the launch
	ignore                   // go on after an error as if nothing had happened
	zero                     // any result other than 0 ends it too
	search                   // execve of one candidate of a PATH search: go on with the next if this one is not there
	lost                     // no call at all: the end of a PATH search that found nothing
	pause                    // wait for what the parent does meanwhile (Wait)
	initialize               // no call: the process becomes an init, and a child of it goes on
	lead                     // the target becomes the leader of a process group (pidone.go)
	beside                   // clone a helper, which performs the calls up to a leave, while the process goes on behind it
	leave                    // no call: the helper has done its work
	proven                   // no call: an error unless the helper, which has ended, has done its work
	dispositions             // rt_sigaction(2) for two sets of signals: those set to SIG_DFL, those set to SIG_IGN
)

// add appends a call; operation and path are for the error message.
func (p *Program) add(c call, operation, path string) {
	p.calls = append(p.calls, c)
	p.origin = append(p.origin, origin{p.step, operation, path})
}

// last is the call that was added last.
func (p *Program) last() *call { return &p.calls[len(p.calls)-1] }

// Syscall appends a system call that has to succeed; operation and path are for the error message.
func (p *Program) Syscall(operation, path string, number uintptr, args ...Operand) {
	c := call{number: number}
	copy(c.args[:], args)
	p.add(c, operation, path)
}

// Attempt appends a system call whose error does not matter.
func (p *Program) Attempt(operation string, number uintptr, args ...Operand) {
	p.Syscall(operation, "", number, args...)
	p.MayFail()
}

// Open appends a system call whose result is a descriptor, kept under the name fd.
func (p *Program) Open(fd FD, operation, path string, number uintptr, args ...Operand) {
	p.Syscall(operation, path, number, args...)
	p.Keep(fd)
}

// Close appends close(2) of a named descriptor and frees the name.
func (p *Program) Close(fd FD) {
	p.Attempt("close", unix.SYS_CLOSE, p.FD(fd))
	p.Forget(fd)
}

// MayFail has the walk go on after an error of the call that was added last as if nothing had
// happened.
func (p *Program) MayFail() { p.last().mode = ignore }

// MustBeZero makes any other result of the call that was added last a failure (ECANCELED).
func (p *Program) MustBeZero() { p.last().mode = zero }

// Keep keeps the result of the call that was added last under the name fd.
func (p *Program) Keep(fd FD) { p.last().result = p.slot(fd) }
