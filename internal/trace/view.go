package trace

import (
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
)

// A view is the files as whoever makes a call sees them: from its root and its working directory.
type view struct {
	*listener.Notice
	reach    func(n *listener.Notice, name string) int
	empty    uint64 // the address of an empty string: where the path ends
	nameless bool   // the call names no file, but has its descriptor
}

// called opens what the call executes. The error is for a call that is left to the kernel.
func (v *view) called(call string) (*file, unix.Errno) {
	if call == "execve" {
		return v.open(unix.AT_FDCWD, v.Args[0], 0)
	}
	return v.open(int(int32(v.Args[0])), v.Args[1], v.Args[4])
}

// open opens what execveat(2) would execute.
func (v *view) open(dir int, address, flags uint64) (*file, unix.Errno) {
	name, errno := v.Path(address)
	v.empty = address + uint64(len(name))
	switch {
	case errno != 0:
		return nil, errno
	case name == "" && flags&unix.AT_EMPTY_PATH != 0:
		return v.numbered(dir)
	case name == "":
		return nil, unix.ENOENT
	}
	fd, errno := v.find(dir, name, flags&unix.AT_SYMLINK_NOFOLLOW != 0)
	if errno != 0 {
		return nil, errno
	}
	f, errno := v.reopen(fd, name)
	if errno == 0 && dir != unix.AT_FDCWD && !path.IsAbs(name) {
		f.path, f.hidden = path.Join("/dev/fd", strconv.Itoa(dir), name), v.closesOnExec(dir)
	}
	return f, errno
}

// numbered is a file that is called by its descriptor.
func (v *view) numbered(number int) (*file, unix.Errno) {
	fd := v.start(number)
	if fd < 0 {
		return nil, unix.EBADF
	}
	f, errno := v.reopen(fd, "/dev/fd/"+strconv.Itoa(number))
	if errno == 0 {
		f.hidden, v.nameless = v.closesOnExec(number), true
	}
	return f, errno
}

// closesOnExec reads proc_pid_fdinfo(5).
func (v *view) closesOnExec(number int) bool {
	text, _ := os.ReadFile(process.Path(int(v.PID), "fdinfo/"+strconv.Itoa(number)))
	for line := range strings.Lines(string(text)) {
		if octal, found := strings.CutPrefix(line, "flags:"); found {
			flags, _ := strconv.ParseUint(strings.TrimSpace(octal), 8, 64)
			return flags&unix.O_CLOEXEC != 0
		}
	}
	return false
}

// interpreter opens an interpreter by its path.
func (v *view) interpreter(name string) (*file, unix.Errno) {
	fd, errno := v.find(unix.AT_FDCWD, name, false)
	if errno != 0 {
		return nil, errno
	}
	return v.reopen(fd, name)
}

// reopen makes a file of what was found, if it may be executed, and closes that.
func (v *view) reopen(found int, name string) (*file, unix.Errno) {
	defer unix.Close(found)
	var st unix.Stat_t
	var mount unix.Statfs_t
	if unix.Fstat(found, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG ||
		unix.Fstatfs(found, &mount) != nil || mount.Flags&unix.ST_NOEXEC != 0 || !mayExecute(int(v.PID), &st) {
		return nil, unix.EACCES
	}
	fd, err := unix.Open("/proc/self/fd/"+strconv.Itoa(found), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, unix.EACCES
	}
	f := &file{fd: fd, path: name}
	f.read()
	return f, 0
}

// find resolves a path as the caller would, whom directories may be open to that are closed to this
// process.
func (v *view) find(dir int, name string, noFollow bool) (int, unix.Errno) {
	fd, errno := v.walk(dir, name, noFollow)
	if errno == unix.EACCES && dir == unix.AT_FDCWD {
		if fd = v.reach(v.Notice, name); fd >= 0 {
			errno = 0
		}
	}
	return fd, errno
}

// walk resolves a path as far as this process may. One that stays beneath the directory where it
// begins is looked up there; any other from the root.
func (v *view) walk(dir int, name string, noFollow bool) (int, unix.Errno) {
	if rest, own := cutOwn(name); own {
		return v.walkOwn(rest, noFollow)
	}
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH}
	if noFollow {
		how.Flags |= unix.O_NOFOLLOW
	}
	if !path.IsAbs(name) {
		fd, err := openat2(v.start(dir), name, &how)
		if err != unix.EXDEV {
			return fd, errnoOf(err)
		}
		from, there := v.inRoot(process.StartOf(dir))
		if !there {
			return -1, unix.EACCES // a way up from there may lead anywhere
		}
		name = from + "/" + name
	}
	how.Resolve = unix.RESOLVE_IN_ROOT
	fd, err := openat2(v.Open("root", unix.O_PATH), name, &how)
	return fd, errnoOf(err)
}

// openat2 is openat2(2), after which the directory is closed.
func openat2(dir int, name string, how *unix.OpenHow) (int, error) {
	if dir < 0 {
		return -1, unix.EBADF
	}
	defer unix.Close(dir)
	return unix.Openat2(dir, name, how)
}

// start opens what a descriptor of the caller's stands for, or its working directory; -1 if it has
// none.
func (v *view) start(dir int) int {
	if fd := v.Open(process.StartOf(dir), unix.O_PATH); fd >= 0 || dir == unix.AT_FDCWD {
		return fd
	}
	pidfd, err := unix.PidfdOpen(int(v.PID), 0) // of a thread that is not the first there is none
	if err != nil {
		return -1
	}
	defer unix.Close(pidfd)
	fd, err := unix.PidfdGetfd(pidfd, dir, 0)
	if err != nil {
		return -1
	}
	return fd
}

// inRoot is where a link of the caller's folder in /proc leads, as the caller would call it, if
// that is a place in its root. A directory that has been removed is not; it still has a parent.
func (v *view) inRoot(link string) (dir string, there bool) {
	root, _ := os.Readlink(process.Path(int(v.PID), "root"))
	dir, _ = os.Readlink(process.Path(int(v.PID), link))
	if strings.HasSuffix(dir, " (deleted)") {
		return "", false
	}
	dir, there = strings.CutPrefix(dir, strings.TrimSuffix(root, "/"))
	return dir, there
}

// cutOwn returns what of its own folder in /proc a process means by a path: a link there leads
// those who look elsewhere.
func cutOwn(name string) (rest string, own bool) {
	for _, folder := range []string{"/proc/self/", "/proc/thread-self/"} {
		if rest, own = strings.CutPrefix(name, folder); own {
			return rest, true
		}
	}
	if rest, own = strings.CutPrefix(name, "/dev/fd/"); own {
		return "fd/" + rest, true
	}
	return "", false
}

// walkOwn resolves a path that begins in the caller's own folder in /proc. No more of it is looked
// up there than one link, since what is behind may lead out of the caller's root.
func (v *view) walkOwn(name string, noFollow bool) (int, unix.Errno) {
	link, rest := cutLink(name)
	dir := unix.AT_FDCWD
	if number, isFD := strings.CutPrefix(link, "fd/"); isFD {
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil {
			return -1, unix.ENOENT
		}
		dir = int(n)
	}
	switch {
	case rest == "" && (link == "exe" || dir >= 0):
		if fd := v.Open(link, unix.O_PATH); fd >= 0 {
			return fd, 0
		}
	case link == "root":
		return v.find(dir, "/"+rest, noFollow)
	case link == "cwd" || dir >= 0:
		return v.find(dir, rest, noFollow)
	}
	return -1, unix.ENOENT
}

// cutLink cuts a path after the link that it begins with: "exe", "fd/3".
func cutLink(name string) (link, rest string) {
	link, rest, _ = strings.Cut(name, "/")
	if link == "fd" {
		number, further, _ := strings.Cut(rest, "/")
		link, rest = "fd/"+number, further
	}
	return link, strings.TrimLeft(rest, "/")
}

func errnoOf(err error) unix.Errno {
	errno, _ := err.(unix.Errno)
	return errno
}
