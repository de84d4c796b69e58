package launch

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Loopback brings the loopback interface of a new network namespace up (netdevice(7)). That may fail where a filter
// forbids it: programs that need no network go on.
type Loopback struct{}

func (Loopback) String() string { return `ioctl(SIOCSIFFLAGS, "lo", IFF_UP)` }

func (Loopback) needs() need { return nothing }

func (Loopback) lower(p *program) {
	const socket FD = "socket"
	p.open(socket, "socket", "", unix.SYS_SOCKET, num(unix.AF_UNIX), num(unix.SOCK_DGRAM|unix.SOCK_CLOEXEC), num(0))
	p.attempt("ioctl", unix.SYS_IOCTL, p.fd(socket), num(unix.SIOCSIFFLAGS), p.bytes(raised("lo")))
	p.close(socket)
}

// raised is a struct ifreq that has an interface up. Its other flags are none that can be set, or unset as in a new
// namespace (__dev_change_flags in net/core/dev.c).
func raised(name string) []byte {
	request := make([]byte, 40)
	copy(request, name)
	binary.NativeEndian.PutUint16(request[unix.IFNAMSIZ:], unix.IFF_UP)
	return request
}
