package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Inherit names a descriptor that this process has open.
type Inherit struct {
	Number int
	As     FD
}

func (i Inherit) String() string { return fmt.Sprintf("%s = dup(%d)", i.As, i.Number) }

func (Inherit) needs() need { return nothing }

func (i Inherit) lower(p *program) {
	p.open(i.As, "fcntl", "", unix.SYS_FCNTL, num(i.Number), num(unix.F_DUPFD_CLOEXEC), num(0))
}

// SetNS enters a namespace (setns(2)): FD was opened on a file of /proc/PID/ns.
type SetNS struct{ FD FD }

func (s SetNS) String() string { return "setns(" + string(s.FD) + ")" }

func (SetNS) needs() need { return ownMemory }

func (s SetNS) lower(p *program) { p.syscall("setns", "", unix.SYS_SETNS, p.fd(s.FD), num(0)) }

// Umask sets the mask of file modes (umask(2)).
type Umask struct{ Mask uint32 }

func (u Umask) String() string { return fmt.Sprintf("umask(%#o)", u.Mask) }

func (Umask) needs() need { return nothing }

func (u Umask) lower(p *program) { p.syscall("umask", "", unix.SYS_UMASK, num(u.Mask)) }

// NewFile makes a new empty file Name in the directory Dir, and keeps it open as As.
type NewFile struct {
	Dir  FD
	Name string
	Mode uint32
	As   FD
}

func (n NewFile) String() string {
	return fmt.Sprintf("%s = open(%s, %s, O_CREAT|O_EXCL, %#o)", n.As, n.Dir, quote(n.Name), n.Mode)
}

func (NewFile) needs() need { return nothing }

func (n NewFile) lower(p *program) {
	p.open(n.As, "open", n.Name, unix.SYS_OPENAT, p.fd(n.Dir), p.str(n.Name),
		num(unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOCTTY), num(n.Mode))
}
