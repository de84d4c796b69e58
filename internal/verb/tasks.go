package verb

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/remedy"
)

// A Task is a call that needs the caller's namespaces or privileges: the parent performs it while
// the child waits, or, where there is no child, another thread does. Tasks that follow each other
// are performed side by side, but for a Meet.
type Task interface {
	Call
	// Perform performs the task, or begins it: finish, unless it is nil, waits for the end.
	Perform(w Waiter) (finish func() error, err error)
}

// A Waiter waits for a task: it is a child, or a thread of this process.
type Waiter struct {
	PID    int                   // the child's; 0 for a thread
	Folder string                // in /proc
	Meet   func(pid int)         // what a Meet without work of its own is for
	Note   func(sentence string) // tells the user
}

// An Undoer is a Task that leaves something behind, which a launch that fails has to remove again.
type Undoer interface{ Undo() }

// WriteMap writes an id map, "uid_map" or "gid_map", for the child (user_namespaces(7)). For maps
// of more than one id that needs privilege over the caller's user namespace.
type WriteMap struct{ File, Text string }

func (m WriteMap) String() string {
	return "write(\"/proc/CHILD/" + m.File + "\", " + quote(m.Text) + ")"
}

func (WriteMap) Needs() Need { return ParentsHelp }

func (m WriteMap) Lower(p *machine.Program) { p.Wait() }

// Perform writes the map to the file in /proc of the waiter.
func (m WriteMap) Perform(w Waiter) (finish func() error, err error) {
	return nil, os.WriteFile(w.Folder+"/"+m.File, []byte(m.Text), 0)
}

// Persist binds a namespace of the child on an existing file, which keeps it alive (namespaces(7)),
// unless the launch fails. Kind is its name in /proc/PID/ns.
type Persist struct{ Kind, File string }

func (b Persist) String() string {
	return "mount(\"/proc/CHILD/ns/" + b.Kind + "\", " + quote(b.File) + ", NULL, MS_BIND, NULL)"
}

func (Persist) Needs() Need { return ParentsHelp }

func (b Persist) Lower(p *machine.Program) { p.Wait() }

// Perform binds the namespace of the waiter on the file.
func (b Persist) Perform(w Waiter) (finish func() error, err error) {
	if err := unix.Mount(w.Folder+"/ns/"+b.Kind, b.File, "", unix.MS_BIND, ""); err != nil {
		return nil, &os.PathError{Op: "mount", Path: b.File, Err: err}
	}
	return nil, nil
}

// Undo unmounts the file.
func (b Persist) Undo() { _ = unix.Unmount(b.File, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW) }

// Claim keeps other launches from a directory for as long as the parent lives, by a lock that a
// process which executes something loses (flock(2)). On a file system without locks it does
// nothing.
type Claim struct {
	Dir  string
	held int
}

func (c *Claim) String() string { return "flock(" + quote(c.Dir) + ", LOCK_EX|LOCK_NB)" }

func (*Claim) Needs() Need { return ParentsHelp }

func (c *Claim) Lower(p *machine.Program) { p.Wait() }

// Perform locks the directory, or says that somebody else has.
func (c *Claim) Perform(Waiter) (finish func() error, err error) {
	fd, err := unix.Open(c.Dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil { // it can be another user's by now
		return nil, nil
	}
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == unix.EWOULDBLOCK {
		unix.Close(fd)
		return nil, remedy.Errorf("wait until that ends, or name another directory", "%s: another launch is using it", c.Dir)
	}
	c.held = fd
	return nil, nil
}

// Undo lets others have the directory.
func (c *Claim) Undo() {
	if c.held > 0 {
		unix.Close(c.held)
	}
}

// Meet has the child wait until the parent has done something. It is a task that is performed by
// itself: all that comes before in the plan has been done by then, and nothing after.
type Meet struct {
	Work Work // nil: Waiter.Meet is called, with the child's pid
}

// Work is something that takes the caller's namespaces or a Go runtime, as plain data.
type Work interface {
	// String names it and its objects, in the words of strace(1) as far as they go.
	String() string
	// Do does it for a child that waits; folder is the child's in /proc, or its init's. What the
	// user should know goes to note, in sentences. An error with an errno is a *fs.PathError.
	Do(folder string, note func(sentence string)) error
}

func (m Meet) String() string {
	if m.Work != nil {
		return m.Work.String()
	}
	return "write(PARENT, 1 byte), read(PARENT, 1 byte)"
}

func (Meet) Needs() Need { return ParentsHelp | Alone }

func (m Meet) Lower(p *machine.Program) { p.Wait() }

// Perform does the work, or calls Meet of the waiter.
func (m Meet) Perform(w Waiter) (finish func() error, err error) {
	if m.Work != nil {
		return nil, m.Work.Do(w.Folder, w.Note)
	}
	w.Meet(w.PID)
	return nil, nil
}
