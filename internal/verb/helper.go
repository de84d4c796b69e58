package verb

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/machine"
)

// Helper runs a program of the host that maps ids for the child: newuidmap(1) or newgidmap(1). The
// child's id stands between Path and Args.
type Helper struct {
	Path string
	Args []string
}

func (h Helper) String() string {
	return "spawn(" + quote(h.Path) + ", [CHILD, " + quoteAll(h.Args, ", ") + "])"
}

func (Helper) Needs() Need { return ParentsHelp }

func (h Helper) Lower(p *machine.Program) { p.Wait() }

// Perform starts the helper. It fails, in the end, if that ends in any other way than well; what it
// said is in the error.
func (h Helper) Perform(w Waiter) (finish func() error, err error) {
	said, err := h.start(strings.TrimPrefix(w.Folder, "/proc/"))
	if err != nil {
		return nil, &HelperError{Path: h.Path, Err: err}
	}
	return said.wait, nil
}

// A running helper says something, perhaps.
type running struct {
	path string
	pid  int
	said int // a pipe
}

// start starts the helper without package os/exec, which would wait for it and for what it says by
// goroutines.
func (h Helper) start(child string) (*running, error) {
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	defer unix.Close(null)
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	defer unix.Close(pipe[1])
	pid, err := syscall.ForkExec(h.Path, append([]string{h.Path, child}, h.Args...),
		&syscall.ProcAttr{Env: environ.All(), Files: []uintptr{uintptr(null), uintptr(pipe[1]), uintptr(pipe[1])}})
	if err != nil {
		unix.Close(pipe[0])
		return nil, &os.PathError{Op: "fork/exec", Path: h.Path, Err: err}
	}
	return &running{h.Path, pid, pipe[0]}, nil
}

// wait waits for the helper to end.
func (r *running) wait() error {
	var said strings.Builder
	for part := make([]byte, 4096); ; {
		n, err := unix.Read(r.said, part)
		if n <= 0 && err != unix.EINTR {
			break
		}
		said.Write(part[:max(n, 0)])
	}
	unix.Close(r.said)
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(r.pid, &status, 0, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return &HelperError{Path: r.path, Err: os.NewSyscallError("wait4", err)}
		case status.Exited() && status.ExitStatus() == 0:
			return nil
		}
		return &HelperError{Path: r.path, Said: strings.TrimSpace(said.String()), Err: ended(status)}
	}
}

// ended says how a helper ended.
type ended unix.WaitStatus

func (e ended) Error() string {
	if status := unix.WaitStatus(e); status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return "exit status " + strconv.Itoa(unix.WaitStatus(e).ExitStatus())
}

// HelperError says that a helper did not end well, and what it said about it.
type HelperError struct {
	Path string
	Said string
	Err  error
}

// Error names the helper, and returns how it ended and what it said.
func (e *HelperError) Error() string {
	name := filepath.Base(e.Path) + ": "
	sentence := name + e.Err.Error()
	if e.Said != "" {
		sentence += ": " + strings.ReplaceAll(strings.TrimPrefix(e.Said, name), "\n", "; ")
	}
	return sentence
}

// Unwrap returns why the helper did not end well.
func (e *HelperError) Unwrap() error { return e.Err }
