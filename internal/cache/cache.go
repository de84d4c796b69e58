// Package cache keeps what is dear to make, in the caller's cache directory: directories that are
// whole or not there at all, made anew when what they were made from changes.
//
// Any number of launches use it at the same time. An entry is made in a directory of another name
// and then renamed. A launch holds a lock on the entries that it uses, for as long as it lives, so
// that none is removed from under it.
//
// Not for: what is in an entry. Whoever cannot use the cache does without.
package cache

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/environ"
)

const (
	top     = "xunshare/native" // in XDG_CACHE_HOME
	limit   = 1 << 30           // bytes: of what is more, the entries that were used last are kept
	unready = ".new-"
)

// A Maker makes an entry in dir, which is empty, and returns a text that is kept with it. It adds
// each file that it makes it from to the sources, before it reads the file.
type Maker func(dir string, from *Sources) (text string, err error)

// An Entry is a directory in the cache.
type Entry struct {
	Dir  string // what was made
	Text string // what the maker said

	lock int // a descriptor: an os.File that nobody keeps would be closed
}

// Close says that the entry is not used any more. The end of the process does so as well.
func (e *Entry) Close() { unix.Close(e.lock) }

// Key is all that decides what is in an entry, the form of it included.
func Key(parts ...string) string { return strings.Join(parts, "\x00") }

// name is the directory of an entry. A key that has the name of another one replaces its entry.
func name(key string) string {
	h := fnv.New128a()
	h.Write([]byte(key))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// Open finds the entry for a key or makes it. The error is one of the cache, or the maker's.
func Open(key string, maker Maker) (*Entry, error) {
	cache, err := directory()
	if err != nil {
		return nil, err
	}
	dir := path.Join(cache, name(key))
	if e := reuse(dir, key); e != nil {
		return e, nil
	}
	tidy(cache)
	for try := 1; ; try++ {
		e, err := add(cache, dir, key, maker)
		if try == tries || !errors.Is(err, errChanged) {
			return e, err
		}
	}
}

// tries is how often an entry is made whose sources change meanwhile.
const tries = 3

var errChanged = errors.New("it changed while it was read")

// errForeign is for a cache, or a part of it, that others may write to.
var errForeign = errors.New("it does not belong to you alone")

// directory makes the directory of the cache, and refuses one that others may write to.
func directory() (string, error) {
	cache := environ.Get("XDG_CACHE_HOME")
	if home := environ.Get("HOME"); !path.IsAbs(cache) && path.IsAbs(home) {
		cache = path.Join(home, ".cache")
	}
	if !path.IsAbs(cache) {
		return "", errors.New("neither XDG_CACHE_HOME nor HOME is an absolute path")
	}
	if err := os.MkdirAll(path.Join(cache, top), 0o700); err != nil {
		return "", err
	}
	cache, err := filepath.EvalSymlinks(cache) // a launch may find it beneath another directory
	if err != nil {
		return "", err
	}
	dir := path.Join(cache, top)
	for _, d := range [...]string{path.Dir(dir), dir} {
		if err := own(d); err != nil {
			return "", fmt.Errorf("%s: %w", d, err)
		}
	}
	return dir, nil
}

// own returns an error unless a directory is the caller's, and nobody else's to write to.
func own(dir string) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		return errForeign
	}
	return nil
}

// lock opens a directory and takes a lock on it (flock(2)).
func lock(dir string, how int) (fd int, err error) {
	fd, err = unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	if err = unix.Flock(fd, how|unix.LOCK_NB); err != nil {
		unix.Close(fd)
		return -1, &os.PathError{Op: "flock", Path: dir, Err: err}
	}
	return fd, nil
}

// reuse takes an entry that is there and good; nil if it is not.
func reuse(dir, key string) *Entry {
	held, err := lock(dir, unix.LOCK_SH)
	if err != nil {
		return nil
	}
	text, good := check(dir, key)
	if own(dir) != nil || !good {
		unix.Close(held)
		return nil
	}
	now := unix.Timespec{Nsec: unix.UTIME_NOW}
	_ = unix.UtimesNanoAt(unix.AT_FDCWD, path.Join(dir, manifest), []unix.Timespec{now, now}, 0) // it is used
	return &Entry{path.Join(dir, made), text, held}
}

// add makes an entry. Of two launches that do so at the same time one is first.
func add(cache, dir, key string, maker Maker) (*Entry, error) {
	stage, held, err := newStage(cache)
	if err != nil {
		return nil, err
	}
	text, err := fill(stage, key, maker)
	if err == nil {
		err = place(stage, dir, key)
	}
	if err == nil {
		return &Entry{path.Join(dir, made), text, held}, nil
	}
	os.RemoveAll(stage)
	unix.Close(held)
	if e := reuse(dir, key); e != nil {
		return e, nil
	}
	return nil, err
}

// place gives an entry its name, unless another launch has been first. One that was no good has the
// name until then.
func place(stage, dir, key string) error {
	err := os.Rename(stage, dir)
	if err == nil {
		return nil
	}
	if e := reuse(dir, key); e != nil {
		e.Close()
		return os.ErrExist
	}
	discard(dir)
	return os.Rename(stage, dir)
}

// newStage makes the directory that becomes an entry, and holds it. Until it is held, another launch
// may take it for one that was left, and remove it: then there is another.
func newStage(cache string) (dir string, held int, err error) {
	for {
		dir = fmt.Sprintf("%s/%s%d.%d", cache, unready, os.Getpid(), time.Now().UnixNano())
		if err = os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return "", -1, err
		}
		if held, err = lock(dir, unix.LOCK_SH); err == nil && isAt(held, dir) {
			return dir, held, nil
		} else if err == nil {
			unix.Close(held)
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EWOULDBLOCK) {
			os.Remove(dir)
			return "", -1, err
		}
	}
}

// isAt tells whether an open directory is still the one of its name.
func isAt(held int, dir string) bool {
	var a, b unix.Stat_t
	return unix.Fstat(held, &a) == nil && unix.Lstat(dir, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

func fill(stage, key string, maker Maker) (text string, err error) {
	dir := path.Join(stage, made)
	if err := errors.Join(os.Chmod(stage, 0o755), os.Mkdir(dir, 0o755), os.Chmod(dir, 0o755)); err != nil {
		return "", err
	}
	var from Sources
	if text, err = maker(dir, &from); err != nil {
		return "", err
	}
	if err := from.same(); err != nil {
		return "", err
	}
	return text, os.WriteFile(path.Join(stage, manifest), describe(key, dir, &from, text), 0o644)
}

// discard removes an entry that nobody uses. One that is used loses its name.
func discard(dir string) {
	away := fmt.Sprintf("%s/%s%d-%s", path.Dir(dir), unready, os.Getpid(), path.Base(dir))
	if os.Rename(dir, away) == nil {
		remove(away)
	}
}

// remove removes a directory that nobody holds.
func remove(dir string) {
	if held, err := lock(dir, unix.LOCK_EX); err == nil {
		os.RemoveAll(dir)
		unix.Close(held)
	}
}

// tidy removes what was left unready by whoever was killed, and of too much what was not used for
// the longest time.
func tidy(cache string) {
	left, _ := filepath.Glob(path.Join(cache, unready+"*"))
	for _, dir := range left {
		remove(dir)
	}
	used, _ := filepath.Glob(path.Join(cache, "*", manifest))
	slices.SortFunc(used, func(a, b string) int { return cmp.Compare(modified(b), modified(a)) })
	total := int64(0)
	for _, file := range used {
		if total += size(path.Dir(file)); total > limit {
			discard(path.Dir(file))
		}
	}
}

func modified(file string) int64 {
	var st unix.Stat_t
	_ = unix.Lstat(file, &st)
	return st.Mtim.Nano()
}

func size(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil {
			if info, err := entry.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}
