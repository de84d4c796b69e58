// Package launch performs a plan: a list of steps, each one a system call or a few, in a new process or in this one.
//
// It knows verbs and no policy: which namespaces, which mounts, which rules is decided by those who make
// the plan. Between clone(2) and execve(2) no Go code runs that allocates, locks or grows its stack: the plan is
// lowered into a flat program of raw system calls in one shared mapping, the arena, and the child does nothing but
// walk it (docs/decisions/0001-no-go-runtime-in-the-child.md).
//
// Not for: anything that has to be decided while it runs. All that a step can do after an error is in the step (Try,
// Optional).
package launch

import (
	"fmt"
	"strings"
)

// A Step is one thing that a launch does.
type Step struct {
	Call   Call   // what is done
	Reason string // why, as the words that follow "cannot": "mount a fresh /proc"
}

// A Call is one of the verbs of this package with its arguments. It is plain data and can be printed and compared.
type Call interface {
	// String gives the call in the words of strace(1).
	String() string
	// needs declares what the verb asks of the launch around it.
	needs() need
	// lower appends the raw system calls to p.
	lower(p *program)
}

// FD names a descriptor that one step opens and later ones use. It is close-on-exec: the target never sees it.
type FD string

// Format writes the plan as --dry-run shows it: one step a line, the call and the reason behind it.
func Format(plan []Step) string {
	var b strings.Builder
	for _, s := range plan {
		fmt.Fprintf(&b, "%-72s # %s\n", s.Call, s.Reason)
	}
	return b.String()
}
