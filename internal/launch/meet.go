package launch

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Meet has the child wait until the parent has done something. All that comes before in the plan has been done by then, and
// nothing after.
type Meet struct {
	Work Work // nil: Run calls its watch, with the child's pid
}

// Work is something that takes the caller's namespaces or a Go runtime, as plain data.
type Work interface {
	// String names it and its objects, in the words of strace(1) as far as they go.
	String() string
	// Do does it for a child that waits; folder is the child's in /proc, or its init's. What the user should know goes to note, in
	// sentences. An error with an errno is a *fs.PathError.
	Do(folder string, note func(sentence string)) error
}

func (m Meet) String() string {
	if m.Work != nil {
		return m.Work.String()
	}
	return "write(PARENT, 1 byte), read(PARENT, 1 byte)"
}

func (m Meet) lower(p *program) {
	p.meets = append(p.meets, p.step)
	buf := p.bytes(make([]byte, 1))
	p.syscall("write", "", unix.SYS_WRITE, num(p.meeting.theirs), buf, num(1))
	p.syscall("read", "", unix.SYS_READ, num(p.meeting.theirs), buf, num(1))
}

// A meeting is where parent and child meet: the ends of a pair of sockets.
type meeting struct{ ours, theirs int }

// arrange makes the meeting of a plan that has one.
func arrange(steps []Step) (m meeting, err error) {
	if !slices.ContainsFunc(steps, func(s Step) bool { _, ok := s.Call.(Meet); return ok }) {
		return meeting{-1, -1}, nil
	}
	var pair [2]int
	pair, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	return meeting{pair[0], pair[1]}, os.NewSyscallError("socketpair", err)
}

// attend waits for the child, once it has been started, at each Meet in turn; not if it ends before. A child whose work
// cannot be done is ended. What it returns waits until that is over, and returns the error.
func (p *program) attend(pid int) (over func() error) {
	if p.meeting.ours < 0 {
		return func() error { return nil }
	}
	unix.Close(p.meeting.theirs)
	done := make(chan error, 1)
	go func() {
		defer unix.Close(p.meeting.ours)
		for _, step := range p.meets {
			if !p.meeting.reached() {
				break
			}
			if err := p.meet(p.steps[step], pid); err != nil {
				unix.Kill(pid, unix.SIGKILL)
				done <- err
				return
			}
			_, _ = unix.Write(p.meeting.ours, make([]byte, 1))
		}
		done <- nil
	}()
	return func() error { return <-done }
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

// meet does what the child waits for.
func (p *program) meet(s Step, pid int) error {
	work := s.Call.(Meet).Work
	if work == nil {
		p.watch.Meet(pid)
		return nil
	}
	return taskError(s, work.Do(fmt.Sprint("/proc/", pid), p.watch.Note))
}
