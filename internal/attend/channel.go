package attend

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
	"github.com/xunshare/xunshare/internal/verb"
)

// takeListener takes the listener that the child has sent.
func (t *Attendant) takeListener() {
	if fd, ok := t.receive(); ok {
		t.listener = fd
	}
	shut(&t.channel.Ours)
}

// serve has Parent.Listen called, beside all else, once the first call waits for an answer: a
// launch in which none does goes without. If none waits, nobody is left who could make one.
func (t *Attendant) serve(waits bool) {
	listener := t.listener
	t.listener = -1
	if !waits {
		unix.Close(listener)
		return
	}
	t.served = make(chan struct{})
	caller.Together()
	go func() {
		defer close(t.served)
		t.Listen(listener, t.stop)
		unix.Close(listener)
	}()
}

// endService ends that, and waits.
func (t *Attendant) endService() {
	if t.served == nil {
		return
	}
	_, _ = unix.Write(t.stop, binary.NativeEndian.AppendUint64(nil, 1))
	<-t.served
}

// Receive receives what a child that has ended has handed over. Nobody has the other end of the
// channel open any more.
func (t *Attendant) Receive() (handed []int) {
	if t.channel.Ours < 0 {
		return nil
	}
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
