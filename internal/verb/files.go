package verb

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// WriteFile writes Text to an existing file with one write(2), as the control files of the kernel
// want it. With Dir the path is taken from that directory. An Optional one may fail.
type WriteFile struct {
	Dir      FD
	Path     string
	Text     string
	Optional bool
}

func (w WriteFile) String() string {
	path := quote(w.Path)
	if w.Dir != "" {
		path = string(w.Dir) + ", " + path
	}
	return "write(" + path + ", " + quote(w.Text) + ")"
}

func (WriteFile) Needs() Need { return Nothing }

func (w WriteFile) Lower(p *machine.Program) {
	const file FD = "file"
	dir := cwd()
	if w.Dir != "" {
		dir = p.FD(w.Dir)
	}
	text := p.Bytes([]byte(w.Text))
	p.Open(file, "open", w.Path, unix.SYS_OPENAT, dir, p.Str(w.Path), num(unix.O_WRONLY|unix.O_CLOEXEC))
	p.Syscall("write", w.Path, unix.SYS_WRITE, p.FD(file), text, num(len(w.Text)))
	if w.Optional {
		p.MayFail()
	}
	p.Close(file)
}

// Chdir changes the working directory to Path, or to the directory FD (chdir(2), fchdir(2)). An
// Optional one may fail.
type Chdir struct {
	Path     string
	FD       FD
	Optional bool
}

func (c Chdir) String() string {
	if c.FD != "" {
		return "fchdir(" + string(c.FD) + ")"
	}
	return "chdir(" + quote(c.Path) + ")"
}

func (Chdir) Needs() Need { return Nothing }

func (c Chdir) Lower(p *machine.Program) {
	if c.FD != "" {
		p.Syscall("fchdir", "", unix.SYS_FCHDIR, p.FD(c.FD))
		return
	}
	p.Syscall("chdir", c.Path, unix.SYS_CHDIR, p.Str(c.Path))
	if c.Optional {
		p.MayFail()
	}
}

// Chroot changes the root directory (chroot(2)); the working directory stays.
type Chroot struct{ Path string }

func (c Chroot) String() string { return "chroot(" + quote(c.Path) + ")" }

func (Chroot) Needs() Need { return Nothing }

func (c Chroot) Lower(p *machine.Program) {
	p.Syscall("chroot", c.Path, unix.SYS_CHROOT, p.Str(c.Path))
}

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

func (NewFile) Needs() Need { return Nothing }

func (n NewFile) Lower(p *machine.Program) {
	p.Open(n.As, "open", n.Name, unix.SYS_OPENAT, p.FD(n.Dir), p.Str(n.Name),
		num(unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOCTTY), num(n.Mode))
}

// Umask sets the mask of file modes (umask(2)).
type Umask struct{ Mask uint32 }

func (u Umask) String() string { return fmt.Sprintf("umask(%#o)", u.Mask) }

func (Umask) Needs() Need { return Nothing }

func (u Umask) Lower(p *machine.Program) { p.Syscall("umask", "", unix.SYS_UMASK, num(u.Mask)) }
