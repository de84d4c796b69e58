package launch

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A task is a step that needs the caller's namespaces or privileges: the parent performs it while the child waits, or,
// where there is no child, another thread does. Tasks that follow each other are performed side by side, but for a Meet.
type task interface {
	Call
	perform(w waiter) error
}

// A waiter is who waits for a task: a child, or a thread of this process.
type waiter struct {
	Parent
	pid    int    // the child's; 0 for a thread
	folder string // in /proc
}

// lowerTask has the step performed where the child waits for it, or along with the step before if that is a task too.
func (p *program) lowerTask() {
	if p.step > 0 && p.steps[p.step-1].wants(parentsHelp) && !p.steps[p.step-1].wants(alone) {
		last := &p.waits[len(p.waits)-1]
		*last = append(*last, p.step)
		return
	}
	p.lowerWait()
}

// performTasks performs some at once. The error is that of the first of them in the plan that fails.
func (p *program) performTasks(steps []int, w waiter) error {
	failed := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		s := p.steps[step]
		all.Add(1)
		go func() {
			defer all.Done()
			failed[i] = taskError(s, s.Call.(task).perform(w))
		}()
	}
	all.Wait()
	for i, step := range steps {
		if made, ok := p.steps[step].Call.(undoer); ok && failed[i] == nil {
			p.made = append(p.made, made)
		}
	}
	return cmp.Or(failed...)
}

// An undoer is a task that leaves something behind, which a launch that fails has to take away again.
type undoer interface{ undo() }

// letGo takes away what a launch that has failed would leave behind. This thread may be in other namespaces by now.
func (p *program) letGo() {
	var elsewhere sync.WaitGroup
	elsewhere.Add(1)
	go func() {
		defer elsewhere.Done()
		for _, task := range p.made {
			task.undo()
		}
	}()
	elsewhere.Wait()
}

// taskError makes an *Error of a failed system call; of anything else, an error that names the step.
func taskError(s Step, err error) error {
	var path *os.PathError
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path) && errors.As(err, &errno):
		return &Error{Step: s, Operation: path.Op, Path: path.Path, Errno: errno}
	}
	return fmt.Errorf("%s: %w", s.Reason, err)
}

// threadFolder is this thread's folder in /proc.
func threadFolder() string { return fmt.Sprint("/proc/self/task/", unix.Gettid()) }

// WriteMap writes an id map, "uid_map" or "gid_map", for the child (user_namespaces(7)). For maps of more than one id
// that needs privilege over the caller's user namespace.
type WriteMap struct{ File, Text string }

func (m WriteMap) String() string {
	return "write(\"/proc/CHILD/" + m.File + "\", " + quote(m.Text) + ")"
}

func (WriteMap) needs() need { return parentsHelp }

func (m WriteMap) lower(p *program) { p.lowerTask() }

func (m WriteMap) perform(w waiter) error {
	return os.WriteFile(w.folder+"/"+m.File, []byte(m.Text), 0)
}

// Helper runs a program of the host that maps ids for the child: newuidmap(1) or newgidmap(1). The child's id stands
// between Path and Args.
type Helper struct {
	Path string
	Args []string
}

func (h Helper) String() string {
	return "spawn(" + quote(h.Path) + ", [CHILD, " + quoteAll(h.Args, ", ") + "])"
}

func (Helper) needs() need { return parentsHelp }

func (h Helper) lower(p *program) { p.lowerTask() }

// perform fails if the helper ends in any other way than well; what it said is in the error.
func (h Helper) perform(w waiter) error {
	cmd := exec.Command(h.Path, append([]string{strings.TrimPrefix(w.folder, "/proc/")}, h.Args...)...)
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	return &HelperError{Path: h.Path, Said: strings.TrimSpace(string(said)), Err: err}
}

// HelperError says that a helper did not end well, and what it said about it.
type HelperError struct {
	Path string
	Said string
	Err  error // of package os/exec
}

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

// Persist binds a namespace of the child on an existing file, which keeps it alive (namespaces(7)), unless the launch fails.
// Kind is its name in /proc/PID/ns.
type Persist struct{ Kind, File string }

func (b Persist) String() string {
	return "mount(\"/proc/CHILD/ns/" + b.Kind + "\", " + quote(b.File) + ", NULL, MS_BIND, NULL)"
}

func (Persist) needs() need { return parentsHelp }

func (b Persist) lower(p *program) { p.lowerTask() }

func (b Persist) perform(w waiter) error {
	if err := unix.Mount(w.folder+"/ns/"+b.Kind, b.File, "", unix.MS_BIND, ""); err != nil {
		return &os.PathError{Op: "mount", Path: b.File, Err: err}
	}
	return nil
}

func (b Persist) undo() { _ = unix.Unmount(b.File, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW) }
