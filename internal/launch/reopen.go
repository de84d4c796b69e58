package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Reopen opens the terminal at Path in the place of a descriptor that is open on it, whose name in /proc is then one that
// exists in the root. Flags are the descriptor's (F_GETFL). One that may not be opened again stays as it is.
type Reopen struct {
	Path       string
	Descriptor int
	Flags      int
}

func (r Reopen) String() string {
	return fmt.Sprintf("dup2(open(%s), %d)", quote(r.Path), r.Descriptor)
}

func (Reopen) needs() need { return nothing }

func (r Reopen) lower(p *program) {
	const opened FD = "opened again"
	// Without O_NONBLOCK it waits for the carrier of a serial line (tty_port_block_til_ready in drivers/tty/tty_port.c).
	how := r.Flags&unix.O_ACCMODE | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
	p.open(opened, "open", r.Path, unix.SYS_OPENAT, cwd(), p.str(r.Path), num(how))
	refused := p.on(anyError)
	p.attempt("fcntl", unix.SYS_FCNTL, p.fd(opened), num(unix.F_SETFL), num(r.Flags))
	p.attempt("dup3", unix.SYS_DUP3, p.fd(opened), num(r.Descriptor), num(0))
	p.close(opened)
	refused()
}
