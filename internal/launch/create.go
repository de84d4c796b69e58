package launch

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// CreateFile makes a new file of that content and mode, whatever the umask is. With Capabilities, a set of bits 1<<CAP_*, its
// programs have these (capabilities(7), "File capabilities"): in the user namespace that the process is root of, and in
// those inside.
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

func (CreateFile) needs() need { return nothing }

func (c CreateFile) lower(p *program) {
	const file FD = "file"
	p.open(file, "open", c.Path, unix.SYS_OPENAT, cwd(), p.str(c.Path),
		num(unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC), num(c.Mode))
	exists := func() {}
	if c.Existing {
		exists = p.on(unix.EEXIST)
	}
	p.syscall("write", c.Path, unix.SYS_WRITE, p.fd(file), p.bytes([]byte(c.Text)), num(len(c.Text)))
	p.syscall("fchmod", c.Path, unix.SYS_FCHMOD, p.fd(file), num(c.Mode))
	if c.Capabilities != 0 {
		attr := fileCapabilities(c.Capabilities)
		p.syscall("fsetxattr", c.Path, unix.SYS_FSETXATTR, p.fd(file), p.str("security.capability"), p.bytes(attr), num(len(attr)), num(0))
	}
	p.close(file)
	exists()
}

// fileCapabilities is struct vfs_cap_data of linux/capability.h, revision 2, which the kernel makes a revision 3 of for
// the namespace: flags, then permitted and inheritable sets, the low words first.
func fileCapabilities(permitted uint32) []byte {
	const revision2, effective = 0x02000000, 1
	var b []byte
	for _, word := range [...]uint32{revision2 | effective, permitted, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}
