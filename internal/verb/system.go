package verb

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Hostname sets the host name of the UTS namespace (sethostname(2)).
type Hostname struct{ Name string }

func (h Hostname) String() string { return "sethostname(" + quote(h.Name) + ")" }

func (Hostname) Needs() Need { return Nothing }

func (h Hostname) Lower(p *machine.Program) {
	p.Syscall("sethostname", h.Name, unix.SYS_SETHOSTNAME, p.Bytes([]byte(h.Name)), num(len(h.Name)))
}

// NoNewPrivileges keeps the target, and what it starts, from gaining privileges by execve(2)
// (PR_SET_NO_NEW_PRIVS(2const)). It cannot be undone.
type NoNewPrivileges struct{}

func (NoNewPrivileges) String() string { return "prctl(PR_SET_NO_NEW_PRIVS, 1)" }

func (NoNewPrivileges) Needs() Need { return Nothing }

func (NoNewPrivileges) Lower(p *machine.Program) {
	p.Syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_NO_NEW_PRIVS), num(1))
}

// Personality sets the execution domain of the process (personality(2)), which what it executes
// inherits. The flags that the caller set, ADDR_NO_RANDOMIZE say, stay.
type Personality struct{ Domain uint32 }

// Linux32 is PER_LINUX32: uname(2) tells the 32-bit machine, as setarch(8) has it.
const Linux32 = 0x0008

func (d Personality) String() string { return fmt.Sprintf("personality(%#x)", d.Domain) }

func (Personality) Needs() Need { return Nothing }

func (d Personality) Lower(p *machine.Program) {
	const domains, ask = 0xff, 0xffffffff
	flags, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, ask, 0, 0)
	if errno != 0 {
		flags = 0
	}
	p.Syscall("personality", "", unix.SYS_PERSONALITY, num(flags&^domains|uintptr(d.Domain)))
}

// Loopback brings the loopback interface of a new network namespace up (netdevice(7)). That may
// fail where a filter forbids it: programs that need no network go on.
type Loopback struct{}

func (Loopback) String() string { return `ioctl(SIOCSIFFLAGS, "lo", IFF_UP)` }

func (Loopback) Needs() Need { return Nothing }

func (Loopback) Lower(p *machine.Program) {
	const socket FD = "socket"
	p.Open(socket, "socket", "", unix.SYS_SOCKET, num(unix.AF_UNIX), num(unix.SOCK_DGRAM|unix.SOCK_CLOEXEC), num(0))
	p.Attempt("ioctl", unix.SYS_IOCTL, p.FD(socket), num(unix.SIOCSIFFLAGS), p.Bytes(raised("lo")))
	p.Close(socket)
}

// raised is a struct ifreq that has an interface up. Its other flags are none that can be set, or
// unset as in a new namespace (__dev_change_flags in net/core/dev.c).
func raised(name string) []byte {
	request := make([]byte, 40)
	copy(request, name)
	binary.NativeEndian.PutUint16(request[unix.IFNAMSIZ:], unix.IFF_UP)
	return request
}
