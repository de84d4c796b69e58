package attend

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// Serve has Parent.Listen called, once the child has been started and has sent the listener. What it returns stops that and
// waits.
func (t *Attendant) Serve() (over func(), err error) {
	if !verb.Want(t.plan, verb.Listens) {
		return func() {}, nil
	}
	unix.Close(t.channel.Theirs)
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return func() {}, os.NewSyscallError("eventfd", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		listener, ok := t.receive()
		unix.Close(t.channel.Ours)
		if ok {
			t.Listen(listener, stop)
			unix.Close(listener)
		}
	}()
	return func() {
		_, _ = unix.Write(stop, binary.NativeEndian.AppendUint64(nil, 1))
		<-done
		unix.Close(stop)
	}, nil
}

// CloseTheirs closes the child's end of the channel, once the child has its own, so that Receive sees the end.
func (t *Attendant) CloseTheirs() {
	if t.channel.Theirs >= 0 {
		unix.Close(t.channel.Theirs)
	}
}

// CloseOurs closes the parent's end of the channel, if nobody is there to send anything.
func (t *Attendant) CloseOurs() {
	if t.channel.Ours >= 0 {
		unix.Close(t.channel.Ours)
	}
}

// Receive receives what the child has handed over, and closes the channel. Nobody else has its other end open any more.
func (t *Attendant) Receive() (handed []int) {
	if t.channel.Ours < 0 {
		return nil
	}
	defer t.CloseOurs()
	for {
		fd, ok := t.receive()
		if !ok {
			return handed
		}
		handed = append(handed, fd)
	}
}

// HandOvers is how many descriptors the plan hands over.
func (t *Attendant) HandOvers() (count int) {
	for _, s := range t.plan {
		if s.Wants(verb.ToParent) {
			count++
		}
	}
	return count
}

// receive waits for the next descriptor; ok is false when there is nobody left to send one.
func (t *Attendant) receive() (fd int, ok bool) {
	text, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	for {
		_, n, _, _, err := unix.Recvmsg(t.channel.Ours, text, rights, unix.MSG_CMSG_CLOEXEC)
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
