package vm

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// archive is an initramfs: a cpio archive of the "newc" kind, which the kernel unpacks into its
// first root (Documentation/driver-api/early-userspace/buffer-format.rst). It is not compressed: an
// emulated processor takes longer to decompress than to read.
type archive struct {
	bytes.Buffer
	entries int
	owner   uint32 // user and group of what is added
	err     error  // the first one
}

// The file types of inode(7).
const (
	regular   = 0o100000
	directory = 0o040000
)

// add appends a file and its text, a link and where it leads, or a directory, which comes before
// what is in it.
func (a *archive) add(name string, mode uint32, text []byte) {
	a.entries++
	fmt.Fprintf(a, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.entries, mode, a.owner, a.owner, 1, 0, len(text), 0, 0, 0, 0, len(name)+1, 0)
	a.WriteString(name + "\x00")
	a.align()
	a.Write(text)
	a.align()
}

func (a *archive) align() {
	for a.Len()%4 != 0 {
		a.WriteByte(0)
	}
}

// end appends the mark at which the kernel stops reading.
func (a *archive) end() { a.add("TRAILER!!!", 0, nil) }

// copy appends a file of this machine, for everybody to read and execute.
func (a *archive) copy(name, from string) {
	text, err := os.ReadFile(from)
	a.fail(err)
	a.add(name, regular|0o755, text)
}

// tree appends everything under from. to is "", or a directory that is new, with a slash after it.
func (a *archive) tree(to, from string) {
	if to != "" {
		a.add(to[:len(to)-1], directory|0o755, nil)
	}
	a.fail(filepath.WalkDir(from, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == from {
			return err
		}
		return a.entry(to+path[len(from)+1:], path)
	}))
}

func (a *archive) entry(name, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	var text []byte
	switch info.Mode().Type() {
	case 0:
		text, err = os.ReadFile(path)
	case fs.ModeDir:
	case fs.ModeSymlink:
		var to string
		to, err = os.Readlink(path)
		text = []byte(to)
	default:
		return fmt.Errorf("%s: no such file is expected in a tree", path)
	}
	a.add(name, info.Sys().(*syscall.Stat_t).Mode, text)
	return err
}

// fail remembers the first error.
func (a *archive) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}
