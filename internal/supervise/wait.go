package supervise

import (
	"golang.org/x/sys/unix"
)

// WaitFor is wait4(2) without EINTR.
func WaitFor(pid int, w Wait) (status unix.WaitStatus, err error) {
	options := 0
	if w == Transparent {
		options = unix.WUNTRACED
	}
	for {
		_, err = unix.Wait4(pid, &status, options, nil)
		if err != unix.EINTR {
			return status, err
		}
	}
}

// switchedOff tells whether the first process of a pid namespace, which nothing but SIGKILL can kill, was ended because
// somebody inside halted the system or started it anew (reboot_pid_ns in kernel/pid_namespace.c).
func switchedOff(status unix.WaitStatus) bool {
	return status.Signaled() && (status.Signal() == unix.SIGINT || status.Signal() == unix.SIGHUP)
}
