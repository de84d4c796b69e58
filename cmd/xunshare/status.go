package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/supervise"
	"github.com/xunshare/xunshare/internal/verb"
)

// The objects of --json-status-fd, one a line. Those that bwrap(1) writes as well have the same
// names. docs/xunshare.1 promises that they stay.

// statusEnded is written when the program has ended.
type statusEnded struct {
	Code   int    `json:"exit-code"` // 128 and the number of the signal, if one ended it
	Signal string `json:"signal,omitempty"`
}

// statusFailed is written when the program could not be started.
type statusFailed struct {
	Error     string `json:"error"`
	Step      string `json:"step,omitempty"` // what was being done
	Operation string `json:"operation,omitempty"`
	Path      string `json:"path,omitempty"`
	Errno     string `json:"errno,omitempty"`
	Code      int    `json:"exit-code"` // of xunshare
}

// A status is the descriptor of --json-status-fd; negative for none.
type status int

// openStatus takes a descriptor that the caller has opened. The program does not get it.
func openStatus(fd int) (status, error) {
	if fd < 0 {
		return -1, nil
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE == unix.O_RDONLY {
		return -1, fmt.Errorf("--json-status-fd: descriptor %d is not open for writing", fd)
	}
	unix.CloseOnExec(fd)
	return status(fd), nil
}

// announce writes what runs, when everything is set up: {"child-pid": N, "user-namespace": N, ...}.
// The pid is as seen here, and with --init that of the init; the numbers are those of
// namespaces(7).
func (s status) announce(pid int, f *Facts) {
	object := map[string]any{"child-pid": pid}
	if f.IDs != "" {
		object["ids"] = f.IDs
	}
	if f.NS.Refused != nil {
		object["ids-because"] = f.NS.Refused.Error()
	}
	for _, kind := range []string{"user", "mnt", "pid", "uts", "ipc", "net", "cgroup", "time"} {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, kind))
		_, inode, ok := strings.Cut(strings.TrimSuffix(link, "]"), ":[")
		if n, err2 := strconv.ParseUint(inode, 10, 64); err == nil && ok && err2 == nil {
			object[kind+"-namespace"] = n
		}
	}
	s.tell(object)
}

// conclude writes how it ended, or why it did not begin.
func (s status) conclude(ended supervise.Status, err error) {
	switch {
	case s < 0:
	case err != nil:
		s.tell(failure(err))
	case ended.Signal != 0:
		s.tell(statusEnded{Code: 128 + int(ended.Signal), Signal: unix.SignalName(ended.Signal)})
	default:
		s.tell(statusEnded{Code: ended.Code})
	}
}

func failure(err error) statusFailed {
	object := statusFailed{Error: err.Error(), Code: exitStatus(err)}
	var failed *verb.Error
	if errors.As(err, &failed) {
		object.Step, object.Operation, object.Path = failed.Step.Reason, failed.Operation, failed.Path
		object.Errno = unix.ErrnoName(failed.Errno)
	}
	return object
}

// tell writes one object in one write(2). Nobody who reads is no reason to fail.
func (s status) tell(object any) {
	text, err := json.Marshal(object)
	machine.SetDispositions(0, machine.SetOf(unix.SIGPIPE)) // which launch lets act on this process, as on any other
	if err == nil {
		_, _ = unix.Write(int(s), append(text, '\n'))
	}
}

// meet has the program wait until it has been announced.
func (o *resolved) meet() []verb.Step {
	if o.Status < 0 {
		return nil
	}
	return []verb.Step{{Call: verb.Meet{}, Reason: "announce the program"}}
}
