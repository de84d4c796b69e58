package launch

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A meeting is where the child waits for what the parent does: the ends of a pair of sockets.
type meeting struct{ ours, theirs int }

// arrange makes the meeting of a plan that has something for the parent to do.
func arrange(steps []Step) (m meeting, err error) {
	if !want(steps, parentsHelp) {
		return meeting{-1, -1}, nil
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	return meeting{pair[0], pair[1]}, os.NewSyscallError("socketpair", err)
}

// lowerWait has the child wait at the step: it says that it is there, and reads the answer. Until then it may not be in all
// of its namespaces.
func (p *program) lowerWait() {
	p.waits = append(p.waits, []int{p.step})
	buf := p.bytes(make([]byte, 1))
	p.syscall("write", "", unix.SYS_WRITE, num(p.meeting.theirs), buf, num(1))
	p.add(call{mode: pause, number: unix.SYS_READ, args: pad([]operand{num(p.meeting.theirs), buf, num(1)}), result: noSlot}, "read", "")
}

// attend does what the child waits for, once it has been started, each time that it waits; not if it ends before. A child for
// whom it cannot be done is ended. What attend returns waits until that is over, and returns the error.
func (p *program) attend(pid int) (over func() error) {
	if p.meeting.ours < 0 {
		return func() error { return nil }
	}
	unix.Close(p.meeting.theirs)
	done := make(chan error, 1)
	go func() {
		defer unix.Close(p.meeting.ours)
		err := p.attendAll(pid)
		if err != nil {
			unix.Kill(pid, unix.SIGKILL)
		}
		done <- err
	}()
	return func() error { return <-done }
}

func (p *program) attendAll(pid int) error {
	child := waiter{p.watch, pid, fmt.Sprint("/proc/", pid)}
	for _, group := range p.waits {
		if !p.meeting.reached() {
			return nil
		}
		if err := p.performTasks(group, child); err != nil {
			return err
		}
		p.meeting.answer()
	}
	return nil
}

// reached waits until the child is there; false if it has ended.
func (m meeting) reached() bool {
	for {
		n, err := unix.Read(m.ours, make([]byte, 1))
		if err != unix.EINTR {
			return n == 1
		}
	}
}

// answer lets the child go on. One that has gone is no reason to die of SIGPIPE.
func (m meeting) answer() { _ = unix.Send(m.ours, make([]byte, 1), unix.MSG_NOSIGNAL) }
