package machine

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Wait appends a wait for what the parent does: the child says at the meeting that it is there, and
// reads the answer. Until then it may not be in all of its namespaces. A process that performs the
// program itself returns from the walk there.
func (p *Program) Wait() {
	buf := p.Bytes(make([]byte, 1))
	p.Syscall("write", "", unix.SYS_WRITE, Num(p.Meeting.Theirs), buf, Num(1))
	p.Syscall("read", "", unix.SYS_READ, Num(p.Meeting.Theirs), buf, Num(1))
	p.last().mode = pause
}

// HandOver appends the message that gives the parent a descriptor (unix(7), SCM_RIGHTS). It is
// written now, and names a descriptor that is known now: the parent's end of the channel, which the
// child has a copy of that nobody needs.
func (p *Program) HandOver(fd FD) {
	known := p.Channel.Ours
	p.Syscall("dup3", "", unix.SYS_DUP3, p.FD(fd), Num(known), Num(unix.O_CLOEXEC))
	iovec, message := unix.Iovec{}, unix.Msghdr{}
	iovec.SetLen(1)
	message.SetIovlen(1)
	message.SetControllen(unix.CmsgSpace(4))
	rights, text := p.Bytes(unix.UnixRights(known)), p.Bytes(make([]byte, 1))
	part, header := Put(p, iovec), Put(p, message)
	p.Point(part, unsafe.Offsetof(iovec.Base), text)
	p.Point(header, unsafe.Offsetof(message.Iov), part)
	p.Point(header, unsafe.Offsetof(message.Control), rights)
	p.Syscall("sendmsg", "", unix.SYS_SENDMSG, Num(p.Channel.Theirs), header, Num(unix.MSG_NOSIGNAL))
}
