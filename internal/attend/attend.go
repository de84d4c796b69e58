// Package attend is what the parent does for a child during a launch: it performs the tasks that the child waits for, each when
// the child is where they belong, takes the descriptors that the child hands over, and serves the listener of a filter.
//
// Not for: the target. Once that runs, package supervise stands for it.
package attend

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/verb"
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

// An Attendant attends to one launch.
type Attendant struct {
	Parent
	plan    []verb.Step
	groups  [][]int       // the steps that are tasks, those together that are performed while the child waits once
	made    []verb.Undoer // the tasks that have left something behind
	meeting machine.Pair
	channel machine.Pair
}

// New prepares for a plan, and tells the world of its child where the sockets are. An error leaves none of them open.
func New(plan []verb.Step, parent Parent, w *machine.World) (*Attendant, error) {
	t := &Attendant{Parent: parent, plan: plan, groups: groups(plan), meeting: machine.NoPair, channel: machine.NoPair}
	var err error
	if len(t.groups) > 0 {
		t.meeting, err = socketpair(unix.SOCK_STREAM)
	}
	if err == nil && verb.Want(plan, verb.ToParent|verb.Listens) {
		t.channel, err = socketpair(unix.SOCK_SEQPACKET)
	}
	if err != nil && t.meeting != machine.NoPair {
		unix.Close(t.meeting.Ours)
		unix.Close(t.meeting.Theirs)
	}
	w.Meeting, w.Channel = t.meeting, t.channel
	return t, err
}

func socketpair(kind int) (machine.Pair, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return machine.NoPair, os.NewSyscallError("socketpair", err)
	}
	return machine.Pair{Ours: pair[0], Theirs: pair[1]}, nil
}

// groups lists the tasks of a plan: those that follow each other are performed together, but for one that wants to be alone.
func groups(plan []verb.Step) (groups [][]int) {
	for i := range plan {
		switch {
		case !plan[i].Wants(verb.ParentsHelp):
		case Joins(plan, i):
			last := &groups[len(groups)-1]
			*last = append(*last, i)
		default:
			groups = append(groups, []int{i})
		}
	}
	return groups
}

// Joins tells whether a step is a task that is performed along with the one before, so that the child does not wait again.
func Joins(plan []verb.Step, i int) bool {
	return i > 0 && plan[i].Wants(verb.ParentsHelp) && !plan[i].Wants(verb.Alone) &&
		plan[i-1].Wants(verb.ParentsHelp) && !plan[i-1].Wants(verb.Alone)
}

// Attend does what the child waits for, once it has been started, each time that it waits; not if it ends before. A child for
// whom it cannot be done is ended. What Attend returns waits until that is over, and returns the error.
func (t *Attendant) Attend(pid int) (over func() error) {
	if t.meeting == machine.NoPair {
		return func() error { return nil }
	}
	unix.Close(t.meeting.Theirs)
	done := make(chan error, 1)
	go func() {
		defer unix.Close(t.meeting.Ours)
		err := t.attendAll(pid)
		if err != nil {
			unix.Kill(pid, unix.SIGKILL)
		}
		done <- err
	}()
	return func() error { return <-done }
}

func (t *Attendant) attendAll(pid int) error {
	child := verb.Waiter{PID: pid, Folder: fmt.Sprint("/proc/", pid), Meet: t.Meet, Note: t.Note}
	for _, group := range t.groups {
		if !t.reached() {
			return nil
		}
		if err := t.perform(group, child); err != nil {
			return err
		}
		// One that has gone is no reason to die of SIGPIPE.
		_ = unix.Send(t.meeting.Ours, make([]byte, 1), unix.MSG_NOSIGNAL)
	}
	return nil
}

// reached waits until the child is there; false if it has ended.
func (t *Attendant) reached() bool {
	for {
		n, err := unix.Read(t.meeting.Ours, make([]byte, 1))
		if err != unix.EINTR {
			return n == 1
		}
	}
}

// AttendHere does what this thread of this process waits for, between the walks of a program that it performs itself.
func (t *Attendant) AttendHere(walk func() (goOn bool)) error {
	thread := verb.Waiter{Folder: fmt.Sprint("/proc/self/task/", unix.Gettid())}
	for _, group := range t.groups {
		if !walk() {
			return nil
		}
		if err := t.perform(group, thread); err != nil {
			return err
		}
	}
	walk()
	return nil
}
