// Package machine performs system calls where there is no Go runtime: in the child between clone(2)
// and execve(2), and in the init, which never executes anything. A Program is built here in the
// parent, call by call; Load puts it into one shared mapping, the Arena, and the child does nothing
// but walk that: it allocates nothing, takes no lock and grows no stack.
//
// What a host architecture needs of its own is vfork_ARCH.s; CONTRIBUTING.md has the list of all
// such places.
//
// Not for: what a call means. Verbs know that (package verb).
package machine

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// Self is what a program has to know of the process that it is built in.
type Self struct {
	Parent  int          // a pidfd of this process, for the child to see that it lives; negative if there is none
	Meeting Pair         // where the child waits for what the parent does
	Channel Pair         // by which the child hands descriptors over
	Changed SignalSet    // the signals that the Go runtime may have changed
	Ignored SignalSet    // those that the caller ignored
	Mask    *SignalSet   // the caller's; nil if it is this thread's
	limit   *unix.Rlimit // the caller's RLIMIT_NOFILE; nil if the runtime has not changed it
}

// A Pair is the two ends of a pair of sockets, each -1 if there is none.
type Pair struct{ Ours, Theirs int }

// NoPair stands for no pair.
var NoPair = Pair{-1, -1}

// Gather finds out what a program has to know of this process, except for the sockets.
func Gather() Self {
	w := Self{Meeting: NoPair, Channel: NoPair}
	var err error
	if w.Parent, err = unix.PidfdOpen(unix.Getpid(), 0); err != nil {
		w.Parent = -1 // before Linux 5.3; a parent that dies in the first microseconds is then not noticed
	}
	if blocked, ignored, ok := caller.Signals(); ok {
		mask := SignalSet(blocked)
		w.Mask, w.Changed, w.Ignored = &mask, allSignals, SignalSet(ignored)
	} else {
		w.Changed, w.Ignored = currentDispositions()
	}
	var now unix.Rlimit
	soft, hard, ok := caller.OpenFiles()
	if ok && unix.Getrlimit(unix.RLIMIT_NOFILE, &now) == nil && now.Cur != soft {
		w.limit = &unix.Rlimit{Cur: soft, Max: hard}
	}
	return w
}
