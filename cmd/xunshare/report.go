package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/verb"
)

// report says what went wrong, in one sentence, and under it what can be done.
func report(err error) {
	text := fmt.Sprintf("xunshare: %s\n", notes.Shown(err.Error()))
	hints := remedy.Hints(err)
	if strings.Contains(err.Error(), "~/") {
		hints = append(hints, "only the shell replaces ~, and only at the start of a word: put a space in place of '='; in option files write absolute paths")
	}
	for _, hint := range hints {
		text += fmt.Sprintf("xunshare: hint: %s\n", notes.Shown(hint))
	}
	caller.LastWords(func() { fmt.Fprint(os.Stderr, text) })
}

// The exit statuses of a shell for a program that cannot be run (unshare(1), EXIT STATUS).
const (
	statusFailure       = 1
	statusNotExecutable = 126
	statusNotFound      = 127
)

func exitStatus(err error) int {
	var failed *verb.Error
	var helper *fs.PathError
	switch {
	case errors.As(err, &helper) && helper.Op == "exec":
		return statusNotExecutable
	case environ.NotFound(err): // a helper, which unshare(1) runs in the same way
		return statusNotFound
	case !errors.As(err, &failed) || failed.Operation != execve:
		return statusFailure
	case errors.Is(failed, syscall.ENOENT):
		return statusNotFound
	}
	return statusNotExecutable
}

const execve = "execve"

// withoutProc is for an error of the facts: without /proc they are guesses, and so is what is said
// about them.
func withoutProc(err error) error {
	if err == nil || hasProc() {
		return err
	}
	return remedy.New("/proc is not mounted here, and without it xunshare cannot look into files",
		"mount it: mount -t proc proc /proc", "or, if this root was entered with xunshare: --mount-proc")
}

func hasProc() bool { return unix.Access("/proc/self/fd", unix.F_OK) == nil }

// room tells whether there is room for the descriptors and the files of a launch. What turns out
// not to be enough while it is made is an error too, but then notes have been said already.
func room(asked *cmdline.Options) error {
	if !asked.Into {
		return launch.Room(7)
	}
	const layers = 4096 // what is shown in place of files of the tree
	if limit(unix.RLIMIT_FSIZE) < layers {
		return syscall.EFBIG
	}
	return launch.Room(16)
}

// limited adds to an error what goes around a limit that is to blame for it.
func limited(err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE): // package syscall has made the soft limit the hard one
		allowed := limit(unix.RLIMIT_NOFILE) // more than usual for a very deep tree of another user's
		return remedy.Errorf(fmt.Sprintf("raise the limit: ulimit -n %d", max(256, 4*allowed)),
			"%d open files (RLIMIT_NOFILE) are too few for this launch: %w", allowed, err)
	case errors.Is(err, syscall.EFBIG):
		return remedy.Errorf("raise the limit: ulimit -f unlimited; to limit only the program: xunshare ... prlimit --fsize=N PROGRAM",
			"files of %d bytes (RLIMIT_FSIZE) are too small for this launch: %w", limit(unix.RLIMIT_FSIZE), err)
	case errors.Is(err, syscall.EAGAIN) && len(remedy.Hints(err)) == 0: // of clone(2), for a child or a helper
		return remedy.Wrap(err, "you have reached the limit on processes (RLIMIT_NPROC), or your control group has: raise it: ulimit -u 4096")
	}
	return err
}

// limit is the soft one of a kind.
func limit(kind int) uint64 {
	var l unix.Rlimit
	_ = unix.Getrlimit(kind, &l) // which fails for no kind that there is
	return l.Cur
}
