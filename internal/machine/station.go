package machine

// Answer is the bit that tells an answer from a report of the init.
const Answer = 0x80

// The bits of Station.Poke.
const (
	Continued    = 1 << iota // xunshare has got a SIGCONT
	InForeground             // and the terminal
)

// A Station is the part of the arena by which this process and the init tell each other what
// happens to the target. The system calls that wake them, kill(2) and write(2), keep what they say
// in order.
type Station struct {
	wanted uint32 // 1 if there is to be an init
	share  uint32 // 1 if the target may borrow its memory

	Apart   uint32 // 1 if init and target get process groups of their own
	TTY     int32  // a descriptor of the controlling terminal; negative for none
	Reports int32  // a pipe: a byte each time that the target stops, and one for each question
	Parent  int32  // a pidfd of xunshare; negative for none

	Give   uint32 // 1 as long as the target's side is to be given the terminal
	group  int32  // the process group that is given it; 0 for none
	Inside uint32 // 1 if a group of the namespace had it when the target stopped

	Asked  uint32 // 1 if xunshare wants to know whether the target is stopped now; a SIGURG follows
	Resume uint32 // 1 if the SIGCONT that follows is to continue the target,
	Poke   uint32 // or Continued, InForeground if it is not to continue one that has been stopped since
	target int32  // its pid in the namespace
	Ended  uint32 // 1 if it has ended,
	Status uint32 // in this way, as wait4(2) has it

	// What the init keeps for itself; its stack is small.
	found   int32 // a process group, by TIOCGPGRP(2const)
	last    uint32
	stopped byte // the signal that has stopped the target; 0 while it runs
	told    byte
	all     uint64
	info    [16]uint64 // a siginfo_t (sigaction(2)), 128 bytes
}

// Open sets a station up as it is before the launch, for an init whose target may share its memory
// until it is executed.
func (s *Station) Open(begin Station, share bool) {
	*s = begin
	s.wanted = 1
	if share {
		s.share = 1
	}
}
