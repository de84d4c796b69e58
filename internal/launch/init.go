package launch

import (
	"golang.org/x/sys/unix"
)

// Init makes the process the init of its pid namespace, which it has to be the first process of. A child of it, the
// target, performs the steps that follow; the init reaps whatever else becomes its child, passes on what signals come from outside, and ends
// with the target, and the kernel ends what is left in the namespace (pid_namespaces(7)).
//
// The init is not another program: it is the child of Clone, which goes on without a Go runtime (pidone.go).
type Init struct{}

func (Init) String() string { return "clone(SIGCHLD), wait4(-1) until that child ends" }

func (Init) needs() need { return ownMemory }

func (Init) lower(p *program) {
	p.attempt("prctl", unix.SYS_PRCTL, num(unix.PR_SET_NAME), p.str("xunshare-init"))
	p.add(call{mode: initialize, result: noSlot}, "clone", "")
	p.add(call{mode: lead, result: noSlot}, "setpgid", "")
}

// afterInit returns the steps behind an Init, which a child of it performs.
func afterInit(steps []Step) (after []Step, ok bool) {
	for i, s := range steps {
		if _, ok := s.Call.(Init); ok {
			return steps[i+1:], true
		}
	}
	return nil, false
}

// answer is the bit that tells an answer from a report of the init.
const answer = 0x80

// The bits of station.poke.
const (
	continued    = 1 << iota // xunshare has got a SIGCONT
	inForeground             // and the terminal
)

// A station is the part of the arena by which this process and the init tell each other what happens to the target.
// The system calls that wake them, kill(2) and write(2), keep what they say in order.
type station struct {
	wanted  uint32 // 1 if there is to be an init
	share   uint32 // 1 if the target may borrow its memory
	apart   uint32 // 1 if init and target get process groups of their own
	tty     int32  // a descriptor of the controlling terminal; negative for none
	reports int32  // a pipe: a byte each time that the target stops, and one for each question
	parent  int32  // a pidfd of xunshare; negative for none

	give   uint32 // 1 as long as the target's side is to be given the terminal
	group  int32  // the process group that is given it; 0 for none
	inside uint32 // 1 if a group of the namespace had it when the target stopped

	asked  uint32 // 1 if xunshare wants to know whether the target is stopped now; a SIGURG follows
	resume uint32 // 1 if the SIGCONT that follows is to continue the target,
	poke   uint32 // or a bit of those below if it is not to continue one that has been stopped since
	target int32  // its pid in the namespace
	ended  uint32 // 1 if it has ended,
	status uint32 // in this way, as wait4(2) has it

	// What the init keeps for itself; its stack is small.
	found   int32 // a process group, by TIOCGPGRP(2const)
	last    uint32
	stopped byte // the signal that has stopped the target; 0 while it runs
	told    byte
	all     uint64
	info    [16]uint64 // a siginfo_t (sigaction(2)), 128 bytes
}
