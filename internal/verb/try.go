package verb

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Try makes a call and then others or, where the kernel forbids the first (EPERM), those of Else.
// First must be one system call. With Any every error of it leads to Else.
type Try struct {
	First Call
	Then  []Call
	Else  []Call
	Any   bool
}

func (t Try) String() string {
	return list(append([]Call{t.First}, t.Then...)) + " or " + list(t.Else)
}

func list(calls []Call) string {
	words := make([]string, len(calls))
	for i, c := range calls {
		words[i] = c.String()
	}
	return strings.Join(words, ", ")
}

// First is the call that a step makes first.
func First(c Call) Call {
	for {
		try, ok := c.(Try)
		if !ok {
			return c
		}
		c = try.First
	}
}

func (t Try) Needs() Need {
	all := t.First.Needs()
	for _, c := range append(slices.Clone(t.Then), t.Else...) {
		all |= c.Needs()
	}
	return all
}

func (t Try) Lower(p *machine.Program) {
	t.First.Lower(p)
	errno := unix.EPERM
	if t.Any {
		errno = machine.AnyError
	}
	forbidden := p.On(errno)
	for _, c := range t.Then {
		c.Lower(p)
	}
	done := p.Jump()
	forbidden()
	for _, c := range t.Else {
		c.Lower(p)
	}
	done()
}

// Say writes a text on standard error, for what turns out only while the steps are made. Whether
// anybody hears it does not matter.
type Say struct{ Text string }

func (s Say) String() string { return fmt.Sprintf("write(2, %d bytes)", len(s.Text)) }

func (Say) Needs() Need { return Nothing }

func (s Say) Lower(p *machine.Program) {
	p.Syscall("write", "", unix.SYS_WRITE, num(2), p.Bytes([]byte(s.Text)), num(len(s.Text)))
	p.MayFail()
}
