// Package attend is what the parent does for a child during a launch: it performs the tasks that
// the child waits for, each when the child is where they belong, takes the descriptors that the
// child hands over, and serves the listener of a filter.
//
// Not for: the target. Once that runs, package supervise stands for it.
package attend

import (
	"fmt"
	"os"
	"strconv"

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
	// Listen is called when the first call that a Filter notifies of waits for an answer, with the
	// listener of seccomp_unotify(2). It returns when stop is readable: the target has ended.
	Listen func(listener, stop int)
}

// An Attendant attends to one launch. It takes turns with the code that waits for the end of the
// child, which polls for both.
type Attendant struct {
	Parent
	// Elsewhere has tasks performed by another thread, because this one is not as the others any
	// more.
	Elsewhere bool

	plan     []verb.Step
	groups   [][]int       // the steps that are tasks, those together that are performed while the child waits once
	made     []verb.Undoer // the tasks that have left something behind
	child    verb.Waiter
	err      error // of the task that failed
	meeting  machine.Pair
	channel  machine.Pair
	listener int           // of a filter; negative if there is none that nobody serves
	stop     int           // an eventfd that ends what serves it
	served   chan struct{} // is closed then; nil if nobody serves
}

// New prepares for a plan, and tells the world of its child where the sockets are. An error leaves
// none of them open.
func New(plan []verb.Step, parent Parent, w *machine.Self) (*Attendant, error) {
	t := &Attendant{Parent: parent, plan: plan, groups: groups(plan), meeting: machine.NoPair, channel: machine.NoPair, listener: -1, stop: -1}
	var err error
	if len(t.groups) > 0 {
		t.meeting, err = socketpair(unix.SOCK_STREAM)
	}
	if err == nil && verb.Want(plan, verb.ToParent|verb.Listens) {
		t.channel, err = socketpair(unix.SOCK_SEQPACKET)
	}
	if err == nil && verb.Want(plan, verb.Listens) {
		t.stop, err = unix.Eventfd(0, unix.EFD_CLOEXEC)
		err = os.NewSyscallError("eventfd", err)
	}
	if err != nil {
		t.closeAll()
	}
	w.Meeting, w.Channel = t.meeting, t.channel
	return t, err
}

// closeAll closes all that is still open.
func (t *Attendant) closeAll() {
	for _, fd := range []*int{&t.meeting.Ours, &t.meeting.Theirs, &t.channel.Ours, &t.channel.Theirs, &t.listener, &t.stop} {
		shut(fd)
	}
}

// shut closes a descriptor that may be none, and makes it none.
func shut(fd *int) {
	if *fd >= 0 {
		unix.Close(*fd)
		*fd = -1
	}
}

func socketpair(kind int) (machine.Pair, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return machine.NoPair, os.NewSyscallError("socketpair", err)
	}
	return machine.Pair{Ours: pair[0], Theirs: pair[1]}, nil
}

// groups lists the tasks of a plan: those that follow each other are performed together, but for
// one that wants to be alone.
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

// Joins tells whether a step is a task that is performed along with the one before, so that the
// child does not wait again.
func Joins(plan []verb.Step, i int) bool {
	return i > 0 && plan[i].Wants(verb.ParentsHelp) && !plan[i].Wants(verb.Alone) &&
		plan[i-1].Wants(verb.ParentsHelp) && !plan[i-1].Wants(verb.Alone)
}

// Begin attends to a child that has been started.
func (t *Attendant) Begin(pid int) {
	shut(&t.meeting.Theirs)
	shut(&t.channel.Theirs)
	t.child = verb.Waiter{PID: pid, Folder: "/proc/" + strconv.Itoa(pid), Meet: t.Meet, Note: t.Note}
}

// Watch says what to wait for.
func (t *Attendant) Watch(polled []unix.PollFd) {
	for i, fd := range [...]int{t.meeting.Ours, t.channel.Ours, t.listener} {
		polled[i] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	}
}

// React does what the child waits for.
func (t *Attendant) React(polled []unix.PollFd) {
	if polled[0].Revents != 0 {
		t.meet()
	}
	if polled[1].Revents != 0 {
		t.takeListener()
	}
	if polled[2].Revents != 0 {
		t.serve(polled[2].Revents&unix.POLLIN != 0)
	}
}

// meet performs the next tasks, now that the child waits for them; it may have ended. A child for
// whom they cannot be performed is ended.
func (t *Attendant) meet() {
	if !t.reached() {
		shut(&t.meeting.Ours)
		return
	}
	t.err = t.perform(t.groups[0], t.child)
	t.groups = t.groups[1:]
	if t.err == nil {
		// One that has gone is no reason to die of SIGPIPE.
		_ = unix.Send(t.meeting.Ours, make([]byte, 1), unix.MSG_NOSIGNAL)
	} else {
		unix.Kill(t.child.PID, unix.SIGKILL)
	}
	if t.err != nil || len(t.groups) == 0 {
		shut(&t.meeting.Ours)
	}
}

// reached tells whether the child is there; it may have ended.
func (t *Attendant) reached() bool {
	for {
		n, err := unix.Read(t.meeting.Ours, make([]byte, 1))
		if err != unix.EINTR {
			return n == 1
		}
	}
}

// End ends all that is done beside the target, which has ended, and returns the error of the task
// that failed.
func (t *Attendant) End() error {
	t.endService()
	t.closeAll()
	return t.err
}

// AttendHere does what this thread of this process waits for, between the walks of a program that
// it performs itself.
func (t *Attendant) AttendHere(walk func() (goOn bool)) error {
	t.Elsewhere = true
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
