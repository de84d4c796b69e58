// Package answer makes device nodes, and mounts for owners that are not mapped, for programs that
// the kernel does not let make any: it answers what a filter of package seccomp leaves to a
// listener (seccomp_unotify(2)).
//
// mknod(2) of a device makes an empty file of the asker's, which can be removed, renamed, owned and
// timed like any other node. When a process enters a root (chroot(2)), the host's null, zero, full,
// random, urandom and tty are bound on the files under it that are to be these, for as long as
// anybody is in there. Files that are still empty at the end are removed.
//
// A file system is mounted without those of the options uid and gid that are not mapped: it belongs
// to its maker then.
//
// Not for: security. A program can change what its call points to after that was read.
package answer

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
	"github.com/xunshare/xunshare/internal/seccomp"
	"github.com/xunshare/xunshare/internal/trace"
)

// A server answers the calls of a target and of all that it starts, one after the other.
type server struct {
	listener listener.Listener
	tracer   *trace.Tracer // nil where no programs are executed in place of others
	blind    bool          // it cannot look at who calls
	covers   []*Cover
	scenes   []*scene
	nodes    []*node
	guests   []guest
}

// Serve answers until stop is readable, and then removes the files that it has made. This process's
// memory is closed to others from then on: the helpers, which have a copy, go where those may look
// at them. Covers are files that are uncovered when somebody removes or replaces them.
func Serve(calls listener.Listener, stop int, covers []*Cover, tracer *trace.Tracer) {
	launch.CloseMemory()
	s := server{listener: calls, tracer: tracer, blind: !seesItself(), covers: covers}
	if tracer != nil {
		tracer.Reach = s.reach
	}
	defer s.tidy()
	for {
		polled := []unix.PollFd{{Fd: int32(stop), Events: unix.POLLIN}, {Fd: int32(calls), Events: unix.POLLIN}}
		for _, g := range s.guests {
			polled = append(polled, unix.PollFd{Fd: int32(g.pidfd), Events: unix.POLLIN})
		}
		_, err := unix.Poll(polled, -1)
		switch {
		case err == unix.EINTR:
		case err != nil || polled[0].Revents != 0 || polled[1].Revents&unix.POLLHUP != 0:
			return
		case polled[1].Revents != 0:
			s.answer()
		default:
			s.seeOff(polled[2:])
		}
	}
}

// seesItself tells whether the numbers in /proc are those that processes have here. It may be
// another pid namespace's (unshare --pid --fork without --mount-proc), and then they are
// strangers'.
func seesItself() bool {
	self, err := os.Readlink("/proc/self")
	return err == nil && self == itoa(os.Getpid())
}

// answer answers the next call.
func (s *server) answer() {
	n, ok := s.listener.Receive()
	if !ok {
		return
	}
	made, goesOn := unix.Errno(0), false
	removed := seccomp.Removal(n.Arch, n.Number)
	switch call := seccomp.Notified(n.Arch, n.Number); {
	case removed != nil:
		if !s.blind {
			s.uncover(&n, removed)
		}
		goesOn = true
	case trace.Takes(call) && s.blind:
		s.tracer.SeesNothing()
		goesOn = true
	case trace.Takes(call):
		s.tracer.Answer(s.listener, &n, call)
		return
	case s.blind:
		goesOn = call != "mknod" && call != "mknodat" // as where there is no listener
	case call == "mknod":
		made = s.make(&n, unix.AT_FDCWD, n.Args[0], uint32(n.Args[1]), uint32(n.Args[2]))
	case call == "mknodat":
		made = s.make(&n, int(int32(n.Args[0])), n.Args[1], uint32(n.Args[2]), uint32(n.Args[3]))
	case call == "mount":
		s.cleanMount(&n)
		goesOn = true
	case call == "fsconfig":
		goesOn = !setsForeignOwner(&n)
	default:
		s.prepareRoot(&n)
		goesOn = true
	}
	if goesOn {
		s.listener.GoOn(&n)
		return
	}
	s.listener.Return(&n, made)
}

// openPath opens a file of a process's folder in /proc for what it leads to; -1 if that cannot be.
func openPath(pid int, file string) int { return process.Open(pid, file, unix.O_PATH) }

// inodeOf tells namespaces apart.
func inodeOf(pid int, file string) uint64 {
	var stat unix.Stat_t
	if unix.Stat(process.Path(pid, file), &stat) != nil {
		return 0
	}
	return stat.Ino
}
