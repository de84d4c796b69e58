package verb

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Inherit names a descriptor that this process has open.
type Inherit struct {
	Number int
	As     FD
}

func (i Inherit) String() string { return fmt.Sprintf("%s = dup(%d)", i.As, i.Number) }

func (Inherit) Needs() Need { return Nothing }

func (i Inherit) Lower(p *machine.Program) {
	p.Open(i.As, "fcntl", "", unix.SYS_FCNTL, num(i.Number), num(unix.F_DUPFD_CLOEXEC), num(0))
}

// Reopen opens the terminal at Path in the place of a descriptor that is open on it, whose name in
// /proc is then one that exists in the root. Flags are the descriptor's (F_GETFL). One that may not
// be opened again stays as it is.
type Reopen struct {
	Path       string
	Descriptor int
	Flags      int
}

func (r Reopen) String() string {
	return fmt.Sprintf("dup2(open(%s), %d)", quote(r.Path), r.Descriptor)
}

func (Reopen) Needs() Need { return Nothing }

func (r Reopen) Lower(p *machine.Program) {
	const opened FD = "opened again"
	// Without O_NONBLOCK it waits for the carrier of a serial line (tty_port_block_til_ready in
	// drivers/tty/tty_port.c).
	how := r.Flags&unix.O_ACCMODE | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	p.Open(opened, "open", r.Path, unix.SYS_OPENAT, cwd(), p.Str(r.Path), num(how))
	refused := p.On(machine.AnyError)
	p.Attempt("fcntl", unix.SYS_FCNTL, p.FD(opened), num(unix.F_SETFL), num(r.Flags))
	p.Attempt("dup3", unix.SYS_DUP3, p.FD(opened), num(r.Descriptor), num(0))
	p.Close(opened)
	refused()
}

// Bequeath lets the target inherit a descriptor, under a number.
type Bequeath struct {
	FD     FD
	Number int
}

func (b Bequeath) String() string { return fmt.Sprintf("dup3(%s, %d)", b.FD, b.Number) }

func (Bequeath) Needs() Need { return Nothing }

func (b Bequeath) Lower(p *machine.Program) {
	p.Syscall("dup3", "", unix.SYS_DUP3, p.FD(b.FD), num(b.Number), num(0))
}

// HandOver gives the parent a descriptor of the child's: Perform returns it.
type HandOver struct{ FD FD }

func (h HandOver) String() string { return "sendmsg(PARENT, SCM_RIGHTS [" + string(h.FD) + "])" }

func (HandOver) Needs() Need { return ToParent }

func (h HandOver) Lower(p *machine.Program) { p.HandOver(h.FD) }

// Close closes a descriptor: an init would keep it (close-on-exec does nothing for it), and what
// leads out of the root with it.
type Close struct{ FD FD }

func (c Close) String() string { return "close(" + string(c.FD) + ")" }

func (Close) Needs() Need { return Nothing }

func (c Close) Lower(p *machine.Program) { p.Close(c.FD) }
