package chroot

import (
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/verb"
)

// A Lent is a file that is shown over one of the tree's for as long as the program runs. Programs
// may write to it, and what they write goes into the tree's. A mount point cannot be removed, so
// answer.Cover takes the mount away when a program wants to remove the file.
type Lent struct {
	Path string      // of the mount in the root
	Dir  unix.Stat_t // its directory

	reason string
	fixed  bool     // nobody may write to it, or replace it
	added  string   // what of the text never goes into the tree's
	text   string   // what the tree is not told of
	root   string   // the tree, on the host
	target string   // the tree's file, in it
	copy   *os.File // the file that is shown; nil as long as there is none
}

// Lends returns what is lent to the tree.
func (m *Mounts) Lends() (all []*Lent) {
	for _, p := range m.Points {
		if p.Lent != nil && !p.Lent.fixed {
			all = append(all, p.Lent)
		}
	}
	return all
}

// show makes the file in a tmpfs and mounts it. The tmpfs is attached meanwhile, or its file could
// not be taken before Linux 6.15 (open_tree(2), EINVAL), and it is the working directory, because
// no path leads to it if it covers the root.
func (l *Lent) show(f Facts) []verb.Step {
	const lender, file, here verb.FD = "lender", "lent", "here"
	name := path.Base(l.Path)
	calls := []verb.Call{
		verb.OpenPath{Path: ".", As: here},
		verb.NewMount{Type: "tmpfs", Options: []string{"source=" + name, "mode=755"}, Attributes: verb.LayerAttributes, As: lender},
		verb.MoveMount{From: lender, To: path.Dir(l.Path)},
		verb.Chdir{FD: lender},
		verb.CreateFile{Path: name, Text: l.text, Mode: 0o644},
		verb.CloneTree{Path: name, As: file},
		verb.Unmount{Target: ".", Flags: unix.MNT_DETACH},
		verb.Chdir{FD: here},
	}
	if l.fixed && !f.OldKernel {
		calls = append(calls, verb.SetAttributes{Of: file, Attributes: unix.MOUNT_ATTR_RDONLY})
	}
	calls = append(calls, verb.MoveMount{From: file, To: l.Path},
		verb.Close{FD: lender}, verb.Close{FD: file}, verb.Close{FD: here})
	if !l.fixed {
		calls = append(calls, verb.Meet{Work: lookAtLent{l}})
	}
	var steps []verb.Step
	for _, call := range calls {
		steps = append(steps, verb.Step{Call: call, Reason: l.reason})
	}
	return steps
}

// lookAtLent is work of the parent: it opens what is shown.
type lookAtLent struct{ *Lent }

func (l lookAtLent) String() string {
	return "open(\"/proc/CHILD/root" + l.Path + "\", O_RDONLY)"
}

// Do opens the file, so that it can be read when the mount has gone.
func (l lookAtLent) Do(folder string, note func(sentence string)) (err error) {
	in := folder + "/root"
	if l.Dir, err = inside.Stat(in, path.Dir(l.Path)); err != nil {
		return err
	}
	l.copy, err = inside.Read(in, l.Path)
	return err
}

// Keep writes what programs have changed into the tree.
func (l *Lent) Keep() error {
	if l.copy == nil {
		return nil
	}
	text := make([]byte, bigLent)
	n, err := l.copy.ReadAt(text, 0)
	if err != nil && err != io.EOF || string(text[:n]) == l.text {
		return nil
	}
	l.text = string(text[:n])
	return l.write(without(l.text, l.added))
}

// Settle is Keep in the end, when nobody changes the tree's file any more. One that a program has
// made of what was shown, and put in its place, has what was added.
func (l *Lent) Settle() error {
	if err := l.Keep(); err != nil || l.copy == nil || l.added == "" {
		return err
	}
	text, err := inside.Text(l.root, l.target, bigLent)
	if now := string(text); err == nil && without(now, l.added) != now {
		return l.write(without(now, l.added))
	}
	return nil
}

// bigLent is the size of a file that is not lent.
const bigLent = 1 << 20

// without is a text without these lines.
func without(text, lines string) string {
	for line := range strings.Lines(lines) {
		if rest, found := strings.CutPrefix(text, line); found {
			text = rest
		}
		text = strings.ReplaceAll(text, "\n"+line, "\n")
	}
	return text
}

// write writes the text to the tree's file as a process in the tree would find it.
func (l *Lent) write(text string) error {
	fd, err := l.openTarget()
	if err != nil {
		return &os.PathError{Op: "open", Path: l.target, Err: err}
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, 0); err != nil {
		return &os.PathError{Op: "truncate", Path: l.target, Err: err}
	}
	for rest := []byte(text); len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil && err != unix.EINTR {
			return &os.PathError{Op: "write", Path: l.target, Err: err}
		}
		rest = rest[max(n, 0):]
	}
	return nil
}

// openTarget opens the tree's file to write to it. Programs may have put a FIFO in its place: to
// open that waits for somebody who reads it, or with O_NONBLOCK is an error (ENXIO, fifo(7)).
func (l *Lent) openTarget() (int, error) {
	root, err := unix.Open(l.root, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(root)
	fd, err := unix.Openat2(root, l.target, &unix.OpenHow{Flags: unix.O_WRONLY | unix.O_CREAT | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC,
		Mode: 0o644, Resolve: unix.RESOLVE_IN_ROOT})
	if err == unix.ENXIO || err == nil && !isFile(fd) {
		unix.Close(fd)
		return -1, errors.New("it is not a file any more")
	}
	return fd, err
}

func isFile(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG
}
