// Package verb is what plans are made of: a Step is a Call and its reason, and each Call is one of
// the verbs here, a system call or a few with their arguments. They are plain data. A verb knows
// how it is lowered into raw system calls (package machine) and what it asks of the launch around
// it (Need); which namespaces, mounts and rules there are is decided by those who make the plan,
// and package launch performs it.
//
// Not for: policy. What can be decided only while a plan is performed, by what the kernel answers,
// is in the plan as well (Try, Optional, Filter).
package verb

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/xunshare/xunshare/internal/machine"
)

// A Step is one thing that a launch does.
type Step struct {
	Call   Call   // what is done
	Reason string // why, as the words that follow "cannot": "mount a fresh /proc"
}

// A Call is one of the verbs of this package with its arguments. It is plain data and can be
// printed and compared.
type Call interface {
	// String gives the call in the words of strace(1).
	String() string
	// Needs declares what the verb asks of the launch around it.
	Needs() Need
	// Lower appends the raw system calls to p.
	Lower(p *machine.Program)
}

// FD names a descriptor that one step opens and later ones use. It is close-on-exec: the target
// never sees it.
type FD = machine.FD

// Format writes the plan as --dry-run shows it: one step a line, the call and the reason behind it.
func Format(plan []Step) string {
	var b strings.Builder
	for _, s := range plan {
		fmt.Fprintf(&b, "%-72s # %s\n", s.Call, s.Reason)
	}
	return b.String()
}

// Error says which step of a plan failed, and how.
type Error struct {
	Step      Step
	Operation string // the system call: "mount"
	Path      string // what it was applied to, if it names a file
	Errno     syscall.Errno
}

// Error reads "mount a fresh /proc: mount /proc: operation not permitted".
func (e *Error) Error() string {
	s := e.Step.Reason + ": " + e.Operation
	if e.Path != "" {
		s += " " + e.Path
	}
	return s + ": " + e.Errno.Error()
}

// Unwrap returns the errno, so that errors.Is(err, fs.ErrPermission) and errors.Is(err,
// syscall.EPERM) hold.
func (e *Error) Unwrap() error { return e.Errno }
