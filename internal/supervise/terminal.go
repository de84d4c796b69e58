package supervise

import (
	"golang.org/x/sys/unix"
)

// A terminal is the controlling terminal of this process, and this process's group.
type terminal struct {
	fd    int // negative if there is none
	group int
}

// controllingTerminal finds it at a standard descriptor or, as those may be redirected, by its
// name.
func controllingTerminal() terminal {
	t := terminal{fd: -1, group: unix.Getpgrp()}
	for fd := 0; fd < 3; fd++ {
		if isControlling(fd) {
			t.fd = fd
			return t
		}
	}
	if fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0); err == nil {
		t.fd = fd
	}
	return t
}

func isControlling(fd int) bool {
	_, err := foregroundGroup(fd)
	return err == nil
}

// foregroundGroup is tcgetpgrp(3): the kernel knows it only of the caller's controlling terminal.
func foregroundGroup(fd int) (int, error) {
	group, err := unix.IoctlGetUint32(fd, unix.TIOCGPGRP)
	return int(int32(group)), err
}

// foreground tells whether this process's group is in the foreground.
func (t terminal) foreground() bool {
	group, err := foregroundGroup(t.fd)
	return t.fd >= 0 && err == nil && group == t.group
}

// take puts this process's group in the foreground. From the background that needs SIGTTOU ignored.
func (t terminal) take() {
	unix.IoctlSetPointerInt(t.fd, unix.TIOCSPGRP, t.group)
}

// takeIfLeft does so if the group that is in the foreground is no more.
func (t terminal) takeIfLeft() {
	group, err := foregroundGroup(t.fd)
	if err == nil && group > 1 && unix.Kill(-group, 0) == unix.ESRCH {
		t.take()
	}
}

// isJob tells whether this process is, as it seems, all of a shell's job that has the terminal to
// itself. It is not in a pipeline, where another member may use the terminal (xunshare ... | less),
// nor in a script, which Ctrl-C shall end as well.
func (t terminal) isJob() bool {
	return t.group == unix.Getpid() && isControlling(0) && isControlling(1)
}
