package chroot

import (
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// A Lent is a file that is shown over one of the tree's for as long as the program runs. Programs may write to it, and what
// they write goes into the tree's. A mount point cannot be removed, so somebody has to watch for who wants that, and to
// take the mount away (nodes.Cover).
type Lent struct {
	Path string      // of the mount in the root
	Dir  unix.Stat_t // its directory

	text   string // what the tree is not told of
	root   string // the tree, on the host
	target string // the tree's file, in it
	copy   int    // the file that is shown, opened; negative as long as there is none
}

// Lends returns what is lent to the tree; nil for nothing.
func (m *Mounts) Lends() *Lent {
	for _, p := range m.Points {
		if p.Lent != nil {
			return p.Lent
		}
	}
	return nil
}

// show makes the file in a tmpfs and mounts it. The tmpfs is attached meanwhile, or its file could not be taken before
// Linux 6.15 (open_tree(2), EINVAL), and it is the working directory, because no path leads to it if it covers the root.
func (l *Lent) show() []verb.Step {
	const lender, file, here verb.FD = "lender", "lent", "here"
	var steps []verb.Step
	name := path.Base(l.Path)
	for _, call := range [...]verb.Call{
		verb.OpenPath{Path: ".", As: here},
		verb.NewMount{Type: "tmpfs", Options: []string{"source=" + name, "mode=755"}, Attributes: verb.LayerAttributes, As: lender},
		verb.MoveMount{From: lender, To: path.Dir(l.Path)},
		verb.Chdir{FD: lender},
		verb.CreateFile{Path: name, Text: l.text, Mode: 0o644},
		verb.CloneTree{Path: name, As: file},
		verb.Unmount{Target: ".", Flags: unix.MNT_DETACH},
		verb.Chdir{FD: here},
		verb.MoveMount{From: file, To: l.Path},
		verb.Close{FD: lender}, verb.Close{FD: file}, verb.Close{FD: here},
		verb.Meet{Work: lookAtLent{l}},
	} {
		steps = append(steps, verb.Step{Call: call, Reason: showResolver})
	}
	return steps
}

// lookAtLent is work of the parent: it opens what is shown.
type lookAtLent struct{ *Lent }

func (l lookAtLent) String() string { return "open(\"/proc/CHILD/root" + l.Path + "\", O_RDONLY)" }

// Do opens the file, so that it can be read when the mount has gone.
func (l lookAtLent) Do(folder string, note func(sentence string)) (err error) {
	in := folder + "/root"
	if err := unix.Stat(in+path.Dir(l.Path), &l.Dir); err != nil {
		return &fs.PathError{Op: "stat", Path: path.Dir(l.Path), Err: err}
	}
	if l.copy, err = unix.Open(in+l.Path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err != nil {
		return &fs.PathError{Op: "open", Path: l.Path, Err: err}
	}
	return nil
}

// Keep writes what programs have changed into the tree.
func (l *Lent) Keep() error {
	if l == nil || l.copy < 0 {
		return nil
	}
	text := make([]byte, bigResolver)
	n, err := unix.Pread(l.copy, text, 0)
	if err != nil || string(text[:n]) == l.text {
		return nil
	}
	l.text = string(text[:n])
	return l.write()
}

// write writes the text to the tree's file as a process in the tree would find it.
func (l *Lent) write() error {
	root, err := openPath(l.root)
	if err != nil {
		return err
	}
	defer unix.Close(root)
	fd, err := unix.Openat2(root, l.target, &unix.OpenHow{Flags: unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC | unix.O_NOCTTY | unix.O_CLOEXEC,
		Mode: 0o644, Resolve: unix.RESOLVE_IN_ROOT})
	if err != nil {
		return &os.PathError{Op: "open", Path: l.target, Err: err}
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(l.text))
	return err
}
