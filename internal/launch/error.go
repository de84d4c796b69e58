package launch

import (
	"syscall"
)

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

// Unwrap returns the errno, so that errors.Is(err, fs.ErrPermission) and errors.Is(err, syscall.EPERM) hold.
func (e *Error) Unwrap() error { return e.Errno }
