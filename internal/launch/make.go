package launch

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// MakeDir makes a directory with exactly this mode. With Existing one that is there already is left as it is.
type MakeDir struct {
	Path     string
	Mode     uint32
	Existing bool
}

func (m MakeDir) String() string { return fmt.Sprintf("mkdir(%s, %#o)", quote(m.Path), m.Mode) }

func (MakeDir) needs() need { return nothing }

func (m MakeDir) lower(p *program) {
	path := p.str(m.Path)
	p.syscall("mkdirat", m.Path, unix.SYS_MKDIRAT, cwd(), path, num(m.Mode))
	exists := func() {}
	if m.Existing {
		exists = p.on(unix.EEXIST)
	}
	// The umask of the caller is for what the target makes.
	p.syscall("fchmodat", m.Path, unix.SYS_FCHMODAT, cwd(), path, num(m.Mode))
	exists()
}

// Chmod gives a file this mode. An Optional one may fail.
type Chmod struct {
	Path     string
	Mode     uint32
	Optional bool
}

func (c Chmod) String() string { return fmt.Sprintf("chmod(%s, %#o)", quote(c.Path), c.Mode) }

func (Chmod) needs() need { return nothing }

func (c Chmod) lower(p *program) {
	p.syscall("fchmodat", c.Path, unix.SYS_FCHMODAT, cwd(), p.str(c.Path), num(c.Mode))
	if c.Optional {
		p.mayFail()
	}
}

// MakeFile makes an empty file, to mount something on. With Existing one that is there already will do.
type MakeFile struct {
	Path     string
	Existing bool
}

func (m MakeFile) String() string { return "mknod(" + quote(m.Path) + ", S_IFREG)" }

func (MakeFile) needs() need { return nothing }

func (m MakeFile) lower(p *program) {
	p.makeEntry(false, cwd(), p.str(m.Path), m.Path)
	if m.Existing {
		p.on(unix.EEXIST)()
	}
}

// Symlink makes a symbolic link at Path that says Text.
type Symlink struct{ Text, Path string }

func (s Symlink) String() string { return "symlink(" + quote(s.Text) + ", " + quote(s.Path) + ")" }

func (Symlink) needs() need { return nothing }

func (s Symlink) lower(p *program) {
	p.syscall("symlinkat", s.Path, unix.SYS_SYMLINKAT, p.str(s.Text), cwd(), p.str(s.Path))
}

// Unlink removes a name that is no directory's. A Replaced one may have given way to a directory already.
type Unlink struct {
	Path     string
	Replaced bool
}

func (u Unlink) String() string { return "unlink(" + quote(u.Path) + ")" }

func (Unlink) needs() need { return nothing }

func (u Unlink) lower(p *program) {
	p.syscall("unlinkat", u.Path, unix.SYS_UNLINKAT, cwd(), p.str(u.Path), num(0))
	if u.Replaced {
		p.on(unix.EISDIR)()
	}
}

// Try makes a call and then others or, where the kernel forbids the first (EPERM), those of Else. First must be one system
// call.
type Try struct {
	First Call
	Then  []Call
	Else  []Call
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

func (t Try) needs() need {
	all := t.First.needs()
	for _, c := range append(slices.Clone(t.Then), t.Else...) {
		all |= c.needs()
	}
	return all
}

func (t Try) lower(p *program) {
	t.First.lower(p)
	forbidden := p.on(unix.EPERM)
	for _, c := range t.Then {
		c.lower(p)
	}
	done := p.jump()
	forbidden()
	for _, c := range t.Else {
		c.lower(p)
	}
	done()
}
