package emulator

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Directories in which files have names of their own.
const (
	debianDir = "/usr/libexec/qemu-binfmt" // Debian since 12: aarch64-binfmt-P, links to the real file
	nixosDir  = "/run/binfmt"              // NixOS: aarch64-linux
)

// usual are searched after $PATH. Not everybody's $PATH has them, and a user of NixOS may have
// changed it.
var usual = [...]string{"/usr/local/bin", "/usr/bin", debianDir, nixosDir, "/run/current-system/sw/bin"}

// directories returns where to look, each once. What is relative in $PATH is left out: the emulator
// for programs of a tree must not come from whatever directory one happens to be in.
func (s *Search) directories() []string {
	dirs := make([]string, 0, 16)
	add := func(dir string) {
		if strings.HasPrefix(dir, "/") && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for dir := range strings.SplitSeq(s.Path, ":") {
		add(dir)
	}
	for _, dir := range usual {
		add(dir)
	}
	return dirs
}

// names returns what the emulator for a may be called in dir, the newest form first. If dir has
// been read, only what is there.
func (s *Search) names(dir string, a *binfmt.Arch) []string {
	names := namesIn(dir, a)
	if s.listing == nil {
		return names
	}
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(s.listing[dir], name) })
}

func namesIn(dir string, a *binfmt.Arch) []string {
	switch dir {
	case debianDir:
		return []string{a.Name + "-binfmt-P"}
	case nixosDir:
		return nixSystems(a)
	}
	names := []string{"qemu-" + a.Name, "qemu-" + a.Name + "-static"}
	for alias := range strings.SplitSeq(a.Debian, ",") {
		if alias != "" && alias != a.Name {
			names = append(names, "qemu-"+alias)
		}
	}
	return names
}

// examine opens path below the root. The Path that comes back is that of the file itself.
func (s *Search) examine(path string) binfmt.Interpreter {
	real := path
	e := binfmt.ReadInterpreter(func(path string) (*os.File, error) {
		f, err := s.open(path, unix.O_PATH)
		if err == nil {
			real = s.realPath(f, path)
		}
		return f, err
	}, path)
	e.Path = real
	return e
}

// open is os.OpenFile without the poller of the Go runtime, which a launch need not start. It does
// not wait for a writer if path is a fifo.
func (s *Search) open(path string, flags int) (*os.File, error) {
	flags |= unix.O_CLOEXEC | unix.O_NONBLOCK
	if flags&unix.O_PATH != 0 {
		flags &^= unix.O_NONBLOCK
	}
	fd, err := s.openFD(path, flags)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

func (s *Search) openFD(path string, flags int) (int, error) {
	if s.Root == "" {
		return unix.Open(path, flags, 0)
	}
	dir, err := unix.Open(s.Root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(dir)
	return unix.Openat2(dir, path, &unix.OpenHow{Flags: uint64(flags), Resolve: unix.RESOLVE_IN_ROOT})
}

// realPath is where the kernel says that f is. A file that is gone in the meantime keeps the name
// it was found by: the launch will say that it is not there.
func (s *Search) realPath(f *os.File, path string) string {
	real, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
	if err == nil && s.Root != "" {
		real = strings.TrimPrefix(real, s.Root)
	}
	if err != nil || !strings.HasPrefix(real, "/") || strings.HasSuffix(real, " (deleted)") {
		if abs, err := filepath.Abs(path); err == nil {
			return abs
		}
		return path
	}
	return real
}
