package supervise

import (
	"golang.org/x/sys/unix"
)

// WaitFor is wait4(2) without EINTR.
func WaitFor(pid int, w Wait) (status unix.WaitStatus, err error) {
	_, err = wait4(pid, &status, w.options())
	return status, err
}

// lookAt is WaitFor, but it does not wait: changed tells whether there is something new.
func lookAt(pid int, w Wait) (status unix.WaitStatus, changed bool, err error) {
	who := 0
	if !unlessTraced(func() { who, err = wait4(pid, &status, w.options()|unix.WNOHANG) }) {
		return status, false, nil // it will be looked at again
	}
	return status, who != 0, err
}

func wait4(pid int, status *unix.WaitStatus, options int) (who int, err error) {
	for {
		who, err = unix.Wait4(pid, status, options, nil)
		if err != unix.EINTR {
			return who, err
		}
	}
}

// options are those of wait4(2): who stops with a child wants to know that it has been stopped.
func (w Wait) options() int {
	if w == Transparent {
		return unix.WUNTRACED
	}
	return 0
}

// switchedOff tells whether the first process of a pid namespace, which nothing but SIGKILL can
// kill, was ended because somebody inside halted the system or started it anew (reboot_pid_ns in
// kernel/pid_namespace.c).
func switchedOff(status unix.WaitStatus) bool {
	return status.Signaled() && (status.Signal() == unix.SIGINT || status.Signal() == unix.SIGHUP)
}
