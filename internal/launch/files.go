package launch

import (
	"golang.org/x/sys/unix"
)

// WriteFile writes Text to an existing file with one write(2), as the control files of the kernel want it. With Dir
// the path is taken from that directory. An Optional one may fail.
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

func (WriteFile) needs() need { return nothing }

func (w WriteFile) lower(p *program) {
	const file FD = "file"
	dir := cwd()
	if w.Dir != "" {
		dir = p.fd(w.Dir)
	}
	text := p.bytes([]byte(w.Text))
	p.open(file, "open", w.Path, unix.SYS_OPENAT, dir, p.str(w.Path), num(unix.O_WRONLY|unix.O_CLOEXEC))
	p.syscall("write", w.Path, unix.SYS_WRITE, p.fd(file), text, num(len(w.Text)))
	if w.Optional {
		p.mayFail()
	}
	p.close(file)
}

// Chdir changes the working directory to Path, or to the directory FD (chdir(2), fchdir(2)). An Optional one may fail.
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

func (Chdir) needs() need { return nothing }

func (c Chdir) lower(p *program) {
	if c.FD != "" {
		p.syscall("fchdir", "", unix.SYS_FCHDIR, p.fd(c.FD))
		return
	}
	p.syscall("chdir", c.Path, unix.SYS_CHDIR, p.str(c.Path))
	if c.Optional {
		p.mayFail()
	}
}

// Chroot changes the root directory (chroot(2)); the working directory stays.
type Chroot struct{ Path string }

func (c Chroot) String() string { return "chroot(" + quote(c.Path) + ")" }

func (Chroot) needs() need { return nothing }

func (c Chroot) lower(p *program) {
	p.syscall("chroot", c.Path, unix.SYS_CHROOT, p.str(c.Path))
}

// Close closes a descriptor: an init would keep it (close-on-exec does nothing for it), and what leads out of the root
// with it.
type Close struct{ FD FD }

func (c Close) String() string { return "close(" + string(c.FD) + ")" }

func (Close) needs() need { return nothing }

func (c Close) lower(p *program) { p.close(c.FD) }
