package launch

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// HandOver gives the parent a descriptor of the child's: Perform returns it.
type HandOver struct{ FD FD }

func (h HandOver) String() string { return "sendmsg(PARENT, SCM_RIGHTS [" + string(h.FD) + "])" }

func (HandOver) needs() need { return toParent }

func (h HandOver) lower(p *program) { p.handOver(h.FD) }

// A channel hands descriptors over: the ends of a pair of sockets.
type channel struct{ ours, theirs int }

// openChannel makes the channel of a plan that needs one.
func openChannel(steps []Step) (c channel, err error) {
	if !want(steps, toParent|listens) {
		return channel{-1, -1}, nil
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	return channel{pair[0], pair[1]}, os.NewSyscallError("socketpair", err)
}

// handOver appends the message (unix(7), SCM_RIGHTS). It is written now, and names a descriptor that is known now: the
// parent's end, which the child has a copy of that nobody needs.
func (p *program) handOver(fd FD) {
	known := p.channel.ours
	p.syscall("dup3", "", unix.SYS_DUP3, p.fd(fd), num(known), num(unix.O_CLOEXEC))
	rights := p.bytes(unix.UnixRights(known))
	text := p.bytes(make([]byte, 1))
	part := p.bytes(make([]byte, unsafe.Sizeof(unix.Iovec{})))
	header := p.bytes(make([]byte, unsafe.Sizeof(unix.Msghdr{})))
	iovec := unix.Iovec{}
	iovec.SetLen(1)
	*(*unix.Iovec)(unsafe.Pointer(&p.data[part.value])) = iovec
	message := unix.Msghdr{}
	message.SetIovlen(1)
	message.SetControllen(unix.CmsgSpace(4))
	*(*unix.Msghdr)(unsafe.Pointer(&p.data[header.value])) = message
	p.relocs = append(p.relocs, pointer{int(part.value + unsafe.Offsetof(iovec.Base)), int(text.value)},
		pointer{int(header.value + unsafe.Offsetof(message.Iov)), int(part.value)},
		pointer{int(header.value + unsafe.Offsetof(message.Control)), int(rights.value)})
	p.syscall("sendmsg", "", unix.SYS_SENDMSG, num(p.channel.theirs), header, num(unix.MSG_NOSIGNAL))
}

// handOvers is how many descriptors a plan hands over.
func handOvers(plan []Step) (count int) {
	for _, s := range plan {
		if s.wants(toParent) {
			count++
		}
	}
	return count
}

// receiveAll receives what there is, if there is a channel. Nobody else has its other end open any more.
func (c channel) receiveAll() (handed []int) {
	for ok := c.ours >= 0; ok; {
		var fd int
		if fd, ok = c.receive(); ok {
			handed = append(handed, fd)
		}
	}
	return handed
}

// receive waits for the next descriptor; ok is false when there is nobody left to send one.
func (c channel) receive() (fd int, ok bool) {
	text, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	for {
		_, n, _, _, err := unix.Recvmsg(c.ours, text, rights, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		messages, err := unix.ParseSocketControlMessage(rights[:max(n, 0)])
		if err != nil || len(messages) != 1 {
			return -1, false
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil || len(fds) != 1 {
			return -1, false
		}
		return fds[0], true
	}
}
