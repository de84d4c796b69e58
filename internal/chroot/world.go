package chroot

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/mountlist"
)

// A world is what a path leads to in the root when some operations have been performed, found out
// before any is. It knows the tree, what is mounted over it and what is made for that; it follows
// symbolic links as the kernel would for a process that has the tree as its root
// (path_resolution(7)), and so never leaves it.
type world struct {
	mounts []mounted // the first is the tree
	made   []made
	anew   bool // the tree's directories are made anew, and those that the caller may not search are empty
}

// mounted is a mount, as far as it matters for what lies under it.
type mounted struct {
	at   string // a clean path inside the root, "/" for the tree
	fd   int    // what is mounted there, opened with O_PATH; negative for a new tmpfs
	kind mountedKind
}

type mountedKind uint8

const (
	onDisk   mountedKind = iota
	fixed                // the same, and it is shown read-only
	writable             // a tmpfs or an overlay of ours: whatever is missing can be made
	ofKernel             // proc or sysfs: nothing can be made, and nobody misses it
)

// made is a directory or file that an operation makes for itself or that a layer shows in the place
// of another.
type made struct {
	path  string
	mount int // the index of the mount that it lies in
	dir   bool
}

// find returns the index of the mount that path lies in: the last that covers it.
func (w *world) find(path string) int {
	i := len(w.mounts) - 1
	for i > 0 && !mountlist.IsUnder(path, w.mounts[i].at) {
		i--
	}
	return i
}

// origin returns what path is before anything was made: a path from a directory. The directory is
// negative if nothing is.
func (w *world) origin(path string) (dir int, rest string) {
	m := w.mounts[w.find(path)]
	rest = strings.TrimLeft(strings.TrimPrefix(path, m.at), "/")
	if rest == "" {
		rest = "."
	}
	return m.fd, rest
}

// lstat is the type of the file at a path without symbolic links: S_IF* of inode(7), or an errno.
func (w *world) lstat(path string) (fileType uint32, err error) {
	mount := w.find(path)
	for i := len(w.made) - 1; i >= 0; i-- {
		switch m := w.made[i]; {
		case m.mount != mount || !mountlist.IsUnder(path, m.path):
		case m.path != path:
			return 0, unix.ENOENT // what has been made is empty but for what has been made in it later
		case m.dir:
			return unix.S_IFDIR, nil
		default:
			return unix.S_IFREG, nil
		}
	}
	dir, rest := w.origin(path)
	if dir < 0 {
		if path == w.mounts[mount].at {
			return unix.S_IFDIR, nil
		}
		return 0, unix.ENOENT
	}
	st, err := statAt(dir, rest)
	if err == unix.EACCES && w.anew && mount == 0 {
		err = unix.ENOENT
	}
	return st.Mode & unix.S_IFMT, err
}

// statAt is fstatat(2) that follows no symbolic link; "." is the file that dir is, a directory or
// not.
func statAt(dir int, path string) (st unix.Stat_t, err error) {
	if path == "." {
		path = ""
	}
	err = unix.Fstatat(dir, path, &st, unix.AT_SYMLINK_NOFOLLOW|unix.AT_EMPTY_PATH)
	return st, err
}

func (w *world) readlink(path string) (string, error) {
	dir, rest := w.origin(path)
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, rest, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// A place is where a path leads.
type place struct {
	at      string   // as far as it leads: a directory, or the file itself; no symbolic links
	missing []string // what does not exist under it, or is in the way as no directory can be
	blocked bool     // the first of missing exists, and is in the way
	dir     bool     // at is a directory
	link    *place   // the first symbolic link on the way, as something in the way; nil for none
}

// path is where the place would be if all of it existed.
func (p place) path() string { return path.Join(append([]string{p.at}, p.missing...)...) }

const maxLinks = 40 // path_resolution(7)

// resolve finds out where name leads. A symbolic link that can lead nowhere is in the way: a loop,
// or one that goes up from what is not there.
func (w *world) resolve(name string) (place, error) {
	at, todo := "/", strings.Split(name, "/")
	var first *place // link
	for links := 0; len(todo) > 0; {
		next := todo[0]
		todo = todo[1:]
		switch next {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		here := path.Join(at, next)
		fileType, err := w.lstat(here)
		switch {
		case fileType == unix.S_IFDIR:
			at = here
		case fileType == unix.S_IFLNK:
			if links++; links == 1 {
				first = &place{at: at, missing: append([]string{next}, todo...), blocked: true}
			}
			if links > maxLinks {
				return first.below(first.missing)
			}
			text, err := w.readlink(here)
			if err != nil {
				return place{}, err
			}
			if strings.HasPrefix(text, "/") {
				at = "/"
			}
			todo = append(strings.Split(text, "/"), todo...)
		case err == unix.ENOENT:
			p, err := place{at: at}.below(append([]string{next}, todo...))
			if err != nil && links > 0 {
				return first.below(first.missing)
			}
			return p, err
		case err != nil:
			return place{}, err
		case len(todo) > 0:
			return place{at: at, blocked: true}.below(append([]string{next}, todo...))
		default:
			return place{at: here}, nil
		}
	}
	return place{at: at, dir: true, link: first}, nil
}

// below is p with what is missing under it. A path that goes up again from there leads nowhere at
// all.
func (p place) below(names []string) (place, error) {
	p.dir, p.missing = true, nil
	for _, name := range names {
		switch name {
		case "", ".":
		case "..":
			return place{}, unix.ENOENT
		default:
			p.missing = append(p.missing, name)
		}
	}
	return p, nil
}
