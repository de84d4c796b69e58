package main

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
)

// withoutProc is for an error of the facts: without /proc they are guesses, and so is what is said about them.
func withoutProc(err error) error {
	if err == nil || hasProc() {
		return err
	}
	return remedy.New("/proc is not mounted here, and without it xunshare cannot look into files",
		"mount it: mount -t proc proc /proc", "or, if this root was entered with xunshare: --mount-proc")
}

func hasProc() bool { return unix.Access("/proc/self/fd", unix.F_OK) == nil }

// limited adds to an error what goes around a limit that is to blame for it.
func limited(err error) error {
	var files unix.Rlimit // whose soft limit package syscall has raised
	if !errors.Is(err, syscall.EMFILE) || unix.Getrlimit(unix.RLIMIT_NOFILE, &files) != nil {
		return err
	}
	return remedy.Errorf("raise the limit: ulimit -n 256", "%d open files (RLIMIT_NOFILE) are too few for this launch: %w", files.Max, err)
}
