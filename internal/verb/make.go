package verb

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// MakeDir makes a directory with exactly this mode. With Existing one that is there already is left
// as it is.
type MakeDir struct {
	Path     string
	Mode     uint32
	Existing bool
}

func (m MakeDir) String() string { return fmt.Sprintf("mkdir(%s, %#o)", quote(m.Path), m.Mode) }

func (MakeDir) Needs() Need { return Nothing }

func (m MakeDir) Lower(p *machine.Program) {
	path := p.Str(m.Path)
	p.Syscall("mkdirat", m.Path, unix.SYS_MKDIRAT, cwd(), path, num(m.Mode))
	exists := func() {}
	if m.Existing {
		exists = p.On(unix.EEXIST)
	}
	// The umask of the caller is for what the target makes.
	p.Syscall("fchmodat", m.Path, unix.SYS_FCHMODAT, cwd(), path, num(m.Mode))
	exists()
}

// Chmod gives a file this mode. An Optional one may fail.
type Chmod struct {
	Path     string
	Mode     uint32
	Optional bool
}

func (c Chmod) String() string { return fmt.Sprintf("chmod(%s, %#o)", quote(c.Path), c.Mode) }

func (Chmod) Needs() Need { return Nothing }

func (c Chmod) Lower(p *machine.Program) {
	p.Syscall("fchmodat", c.Path, unix.SYS_FCHMODAT, cwd(), p.Str(c.Path), num(c.Mode))
	if c.Optional {
		p.MayFail()
	}
}

// MakeFile makes an empty file, to mount something on. With Existing one that is there already will
// do.
type MakeFile struct {
	Path     string
	Existing bool
}

func (m MakeFile) String() string { return "mknod(" + quote(m.Path) + ", S_IFREG)" }

func (MakeFile) Needs() Need { return Nothing }

func (m MakeFile) Lower(p *machine.Program) {
	makeEntry(p, false, cwd(), p.Str(m.Path), m.Path)
	if m.Existing {
		p.On(unix.EEXIST)()
	}
}

// Symlink makes a symbolic link at Path that says Text.
type Symlink struct{ Text, Path string }

func (s Symlink) String() string { return "symlink(" + quote(s.Text) + ", " + quote(s.Path) + ")" }

func (Symlink) Needs() Need { return Nothing }

func (s Symlink) Lower(p *machine.Program) {
	p.Syscall("symlinkat", s.Path, unix.SYS_SYMLINKAT, p.Str(s.Text), cwd(), p.Str(s.Path))
}

// Unlink removes a name that is no directory's. A Replaced one may have given way to a directory
// already.
type Unlink struct {
	Path     string
	Replaced bool
}

func (u Unlink) String() string { return "unlink(" + quote(u.Path) + ")" }

func (Unlink) Needs() Need { return Nothing }

func (u Unlink) Lower(p *machine.Program) {
	p.Syscall("unlinkat", u.Path, unix.SYS_UNLINKAT, cwd(), p.Str(u.Path), num(0))
	if u.Replaced {
		p.On(unix.EISDIR)()
	}
}

// Own gives a file, not what a symbolic link leads to, to a user and to a group, as far as they are
// mapped and the process may, and then its mode, which a change of owner takes the set-id bits from
// (chown(2)).
type Own struct {
	Path              string
	User, Group, Mode uint32
}

func (o Own) String() string {
	return fmt.Sprintf("lchown(%s, %d, %d), chmod(%#o)", quote(o.Path), o.User, o.Group, o.Mode)
}

func (Own) Needs() Need { return Nothing }

func (o Own) Lower(p *machine.Program) {
	const same = ^uint32(0)
	path := p.Str(o.Path)
	for _, ids := range [...][2]uint32{{o.User, same}, {same, o.Group}} {
		p.Attempt("fchownat", unix.SYS_FCHOWNAT, cwd(), path, num(ids[0]), num(ids[1]), num(unix.AT_SYMLINK_NOFOLLOW))
	}
	if o.Mode&unix.S_IFMT != unix.S_IFLNK {
		p.Attempt("fchmodat", unix.SYS_FCHMODAT, cwd(), path, num(o.Mode&0o7777))
	}
}

// CreateFile makes a new file of that content and mode, whatever the umask is. With Capabilities, a
// set of bits 1<<CAP_*, its programs have these (capabilities(7), "File capabilities"): in the user
// namespace that the process is root of, and in those inside.
type CreateFile struct {
	Path, Text   string
	Mode         uint32
	Capabilities uint32
	Existing     bool // one that is there already will do
}

func (c CreateFile) String() string {
	if c.Capabilities == 0 {
		return fmt.Sprintf("write(%s, %d bytes)", quote(c.Path), len(c.Text))
	}
	return fmt.Sprintf("write(%s, %d bytes), fsetxattr(\"security.capability\", %#x)", quote(c.Path), len(c.Text), c.Capabilities)
}

func (CreateFile) Needs() Need { return Nothing }

func (c CreateFile) Lower(p *machine.Program) {
	const file FD = "file"
	p.Open(file, "open", c.Path, unix.SYS_OPENAT, cwd(), p.Str(c.Path),
		num(unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC), num(c.Mode))
	exists := func() {}
	if c.Existing {
		exists = p.On(unix.EEXIST)
	}
	p.Syscall("write", c.Path, unix.SYS_WRITE, p.FD(file), p.Bytes([]byte(c.Text)), num(len(c.Text)))
	p.Syscall("fchmod", c.Path, unix.SYS_FCHMOD, p.FD(file), num(c.Mode))
	if c.Capabilities != 0 {
		attr := fileCapabilities(c.Capabilities)
		p.Syscall("fsetxattr", c.Path, unix.SYS_FSETXATTR, p.FD(file), p.Str("security.capability"), p.Bytes(attr), num(len(attr)), num(0))
	}
	p.Close(file)
	exists()
}

// fileCapabilities is struct vfs_cap_data of linux/capability.h, revision 2, which the kernel makes
// a revision 3 of for the namespace: flags, then permitted and inheritable sets, the low words
// first.
func fileCapabilities(permitted uint32) []byte {
	const revision2, effective = 0x02000000, 1
	var b []byte
	for _, word := range [...]uint32{revision2 | effective, permitted, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}
