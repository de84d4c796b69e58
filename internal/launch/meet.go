package launch

import (
	"os"

	"golang.org/x/sys/unix"
)

// Meet has the child wait until the parent has looked at it: Run calls its watch then, with the child's pid. All that
// comes before has been done, and nothing after.
type Meet struct{}

func (Meet) String() string { return "write(PARENT, 1 byte), read(PARENT, 1 byte)" }

func (Meet) lower(p *program) {
	buf := p.bytes(make([]byte, 1))
	p.syscall("write", "", unix.SYS_WRITE, num(p.meeting.theirs), buf, num(1))
	p.syscall("read", "", unix.SYS_READ, num(p.meeting.theirs), buf, num(1))
}

// A meeting is where parent and child meet: the ends of a pair of sockets.
type meeting struct{ ours, theirs int }

// arrange makes the meeting of a plan that has one.
func arrange(steps []Step) (m meeting, err error) {
	for _, s := range steps {
		if _, ok := s.Call.(Meet); ok {
			var pair [2]int
			pair, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			return meeting{pair[0], pair[1]}, os.NewSyscallError("socketpair", err)
		}
	}
	return meeting{-1, -1}, nil
}

// attend waits for the child, once it has been started, and calls watch; not if it ends before. What it returns waits
// until that is over.
func (m meeting) attend(pid int, watch func(pid int)) (over func()) {
	if m.ours < 0 {
		return func() {}
	}
	unix.Close(m.theirs)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer unix.Close(m.ours)
		buf := make([]byte, 1)
		for {
			n, err := unix.Read(m.ours, buf)
			if err == unix.EINTR {
				continue
			}
			if n == 1 {
				watch(pid)
				_, _ = unix.Write(m.ours, buf)
			}
			return
		}
	}()
	return func() { <-done }
}
