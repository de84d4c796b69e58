package chroot

import (
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// A launch asks about a dozen files. An os.File for each would cost more than the system calls do, so there is one only where
// a file is read.

// Open opens path as the target would see it inside root, for its metadata (O_PATH of open(2)): symbolic links, "/"
// and ".." stay inside. With the empty root it is the caller's path. A root needs Linux 5.6, openat2(2) with
// RESOLVE_IN_ROOT; the error is a *fs.PathError.
func Open(root, path string) (*os.File, error) {
	fd, err := find(root, path)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// find is Open without the os.File.
func find(root, path string) (int, error) {
	if root == "" {
		return openFD(path, unix.O_PATH)
	}
	dir, err := openFD(root, unix.O_PATH|unix.O_DIRECTORY)
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

func openFD(path string, flags int) (int, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// open is os.OpenFile without the poller of the Go runtime, which a program that reads a few headers need not start.
func open(path string, flags int) (*os.File, error) {
	fd, err := openFD(path, flags)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// Read opens a regular file inside root to read it. Any other is an error: to open a FIFO or a device may do things.
func Read(root, path string) (*os.File, error) {
	fd, err := find(root, path)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	if typeOf(fd) != unix.S_IFREG {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	return reopen(fd)
}

// readHere is Read without a root and without /proc.
func readHere(path string) (*os.File, error) {
	if Mode("", path)&unix.S_IFMT != unix.S_IFREG {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	return open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
}

// reopen opens what a descriptor of find's stands for.
func reopen(fd int) (*os.File, error) { return open(magic(fd), unix.O_RDONLY) }

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
	fd, err := find(root, path)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
}

// Mode is the type and mode of what path leads to inside root; 0 if there is nothing.
func Mode(root, path string) uint32 {
	fd, err := find(root, path)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Mode
}

// IsDir tells whether path is a directory inside root.
func IsDir(root, path string) bool {
	fd, err := find(root, path)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return typeOf(fd) == unix.S_IFDIR
}

// Writable tells whether path is a directory inside root that the caller may write to, or root of a namespace whose power
// over the files of an owner is told by power.
func Writable(root, path string, power func(user, group uint32) bool) bool {
	fd, err := find(root, path)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return false
	}
	return canChange(unix.Access(magic(fd), unix.W_OK|unix.X_OK), &st, power)
}

// canChange judges by what access(2) says of the caller. It is the mode that root of the namespace has power over (EACCES),
// and no read-only mount (EROFS) nor an attribute of the file (EPERM).
func canChange(err error, st *unix.Stat_t, power func(user, group uint32) bool) bool {
	return err == nil || err == unix.EACCES && power(st.Uid, st.Gid)
}

// List returns the names in a directory as the target would see it inside root; none if it cannot be read.
func List(root, path string) []string {
	fd, err := find(root, path)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	dir, err := reopen(fd)
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	return names
}
