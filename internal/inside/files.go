// Package inside looks into a root before it is entered: a path leads where it would lead the
// target. It opens, asks and lists, and changes nothing.
//
// Not for: what the launch will mount in the root. Package chroot plans that. The caller's own files
// that it will show are the exception (Root.Shown).
package inside

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A launch asks about a dozen files. An os.File for each would cost more than the system calls do,
// so there is one only where a file is read.

// Open opens path as the target would see it inside root, for its metadata (O_PATH of open(2)):
// symbolic links, "/" and ".." stay inside. With the empty root it is the caller's path. A root
// needs Linux 5.6, openat2(2) with RESOLVE_IN_ROOT; the error is a *fs.PathError.
func Open(root, path string) (*os.File, error) {
	fd, err := Find(root, path)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// Find is Open without the os.File.
func Find(root, path string) (int, error) {
	if root == "" {
		return OpenFD(path, unix.O_PATH)
	}
	dir, err := OpenFD(root, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return -1, err
	}
	defer unix.Close(dir)
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// OpenFD is open(2), close-on-exec; the error is a *fs.PathError.
func OpenFD(path string, flags int) (int, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// OpenFile is os.OpenFile without the poller of the Go runtime, which a program that reads a few
// headers need not start.
func OpenFile(path string, flags int) (*os.File, error) {
	fd, err := OpenFD(path, flags)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// Read opens a regular file inside root to read it. Any other is an error: to open a FIFO or a
// device may do things.
func Read(root, path string) (*os.File, error) {
	fd, err := Find(root, path)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if typeOf(fd) != unix.S_IFREG {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	return reopen(fd, path)
}

// Text is what a regular file inside root has. More than limit bytes of it are an error: whose tree
// it is may have made a file of any size.
func Text(root, path string, limit int64) ([]byte, error) {
	f, err := Read(root, path)
	if err != nil {
		return nil, err
	}
	return textOf(f, limit)
}

// textOf reads a file at once, and closes it.
func textOf(f *os.File, limit int64) ([]byte, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if size := info.Size(); size <= limit {
		text.Grow(int(size) + bytes.MinRead)
		_, err = text.ReadFrom(io.LimitReader(f, limit+1)) // it may grow
	}
	if max(info.Size(), int64(text.Len())) > limit {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: errors.New("it is too large")}
	}
	return text.Bytes(), err
}

// readHere is Read without a root and without /proc.
func readHere(path string) (*os.File, error) {
	if Mode("", path)&unix.S_IFMT != unix.S_IFREG {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	return OpenFile(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
}

// OpenDir opens a directory inside root to list it.
func OpenDir(root, path string) (int, error) {
	fd, err := Find(root, path)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fd)
	return again(fd, path, unix.O_DIRECTORY)
}

// reopen opens what a descriptor of Find's stands for, to read it.
func reopen(fd int, path string) (*os.File, error) {
	fd, err := again(fd, path, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// again is reopen without the os.File.
func again(fd int, path string, flags int) (int, error) {
	fd, err := unix.Open(magic(fd), unix.O_RDONLY|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

func magic(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// typeOf is the type of an open file: S_IF* of inode(7), 0 if it cannot be told.
func typeOf(fd int) uint32 {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Mode & unix.S_IFMT
}

// Exists tells whether path leads to something inside root.
func Exists(root, path string) bool {
	fd, err := Find(root, path)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
}

// Stat is stat(2) of what path leads to inside root.
func Stat(root, path string) (st unix.Stat_t, err error) {
	fd, err := Find(root, path)
	if err != nil {
		return st, err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &st); err != nil {
		return st, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return st, nil
}

// Mode is the type and mode of what path leads to inside root; 0 if there is nothing.
func Mode(root, path string) uint32 {
	st, _ := Stat(root, path)
	return st.Mode
}

// IsDir tells whether path is a directory inside root.
func IsDir(root, path string) bool {
	fd, err := Find(root, path)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return typeOf(fd) == unix.S_IFDIR
}

// Writable reports whether path is a directory inside root that the caller may write to. power
// tells whether root of the new namespace has power over the files of an owner; where it has, that
// is enough.
func Writable(root, path string, power func(user, group uint32) bool) bool {
	fd, err := Find(root, path)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return false
	}
	return CanChange(unix.Access(magic(fd), unix.W_OK|unix.X_OK), &st, power)
}

// CanChange judges by what access(2) says of the caller. It is the mode that root of the namespace
// has power over (EACCES), and no read-only mount (EROFS) nor an attribute of the file (EPERM).
func CanChange(err error, st *unix.Stat_t, power func(user, group uint32) bool) bool {
	return err == nil || err == unix.EACCES && power(st.Uid, st.Gid)
}

// List returns the names in a directory as the target would see it inside root; none if it cannot
// be read.
func List(root, path string) []string {
	fd, err := OpenDir(root, path)
	if err != nil {
		return nil
	}
	dir := os.NewFile(uintptr(fd), path)
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	return names
}

// Resolve is the path of what path leads to inside root, without symbolic links.
func Resolve(root, path string) (string, error) {
	fd, err := Find(root, path)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	file, err := os.Readlink(magic(fd))
	if root == "" || err != nil {
		return file, err
	}
	dir, err := OpenFD(root, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return "", err
	}
	defer unix.Close(dir)
	top, err := os.Readlink(magic(dir))
	if err != nil {
		return "", err
	}
	rest, found := strings.CutPrefix(file, strings.TrimSuffix(top, "/"))
	if !found {
		return "", &fs.PathError{Op: "readlink", Path: path, Err: fs.ErrNotExist}
	}
	return rest, nil
}
