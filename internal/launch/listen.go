package launch

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// Parent is what this process does beside the target.
type Parent struct {
	// Meet is called while the child waits at a Meet without work of its own.
	Meet func(pid int)
	// Note is called with what work for the child has to tell the user.
	Note func(sentence string)
	// Listen is called when a Filter that listens has been installed, with the listener of seccomp_unotify(2). It returns when
	// stop is readable: the target has ended.
	Listen func(listener, stop int)
}

// serve calls Listen, once the child has been started and has sent the listener. What it returns stops that and waits.
func (p *program) serve() (over func(), err error) {
	if !want(p.steps, listens) {
		return func() {}, nil
	}
	unix.Close(p.channel.theirs)
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return func() {}, os.NewSyscallError("eventfd", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		listener, ok := p.channel.receive()
		unix.Close(p.channel.ours)
		if ok {
			p.watch.Listen(listener, stop)
			unix.Close(listener)
		}
	}()
	return func() {
		_, _ = unix.Write(stop, binary.NativeEndian.AppendUint64(nil, 1))
		<-done
		unix.Close(stop)
	}, nil
}
