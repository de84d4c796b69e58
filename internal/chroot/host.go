package chroot

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/mountlist"
	"github.com/xunshare/xunshare/internal/remedy"
)

// tree prepares for a root that is read-only or under a layer.
func (s *survey) tree() (err error) {
	if s.ReadOnly {
		s.mounts[0].kind = fixed
	}
	if s.ReadOnly && s.facts.OldKernel {
		if s.facts.RootMounts, err = mountlist.Of(absolute(s.Root)); err != nil {
			return err
		}
	}
	if !s.Ephemeral {
		return nil
	}
	s.mounts[0].kind, s.anew = writable, s.facts.Others
	mounts, err := mountlist.Of(absolute(s.Root))
	if err != nil {
		return err
	}
	if len(mounts) > 1 && s.UpperDir != "" {
		return remedy.Errorf("unmount it first; or enter the tree with --ephemeral alone, which keeps nothing",
			"--ephemeral=%s: %s is a mount in the tree, and changes can be kept for one file system only", s.UpperDir, filepath.Join(s.Root, mounts[1].Path))
	}
	if err := s.divide(mounts); err != nil {
		return err
	}
	return s.upperDir()
}

// upperDir checks the directory that is to keep what is changed.
func (s *survey) upperDir() error {
	if s.UpperDir == "" {
		return nil
	}
	dir, root := absolute(s.UpperDir), absolute(s.Root)
	if mountlist.IsUnder(dir, root) || mountlist.IsUnder(root, dir) {
		return fmt.Errorf("--ephemeral=%s: this directory and the root must not contain each other", s.UpperDir)
	}
	info, err := os.Stat(s.UpperDir)
	switch {
	case os.IsNotExist(err):
		if _, err := os.Stat(filepath.Dir(dir)); err != nil {
			return remedy.Errorf("mkdir -p "+filepath.Dir(dir), "--ephemeral=%s: %w", s.UpperDir, cause(err))
		}
		return nil
	case err != nil:
		return remedy.Wrap(fmt.Errorf("--ephemeral=%s: %w", s.UpperDir, cause(err)), closedAbove(s.UpperDir)...)
	case !info.IsDir():
		return fmt.Errorf("--ephemeral=%s: not a directory", s.UpperDir)
	case unix.Access(s.UpperDir, unix.W_OK|unix.X_OK) != nil:
		return fmt.Errorf("--ephemeral=%s: you may not write to this directory", s.UpperDir)
	}
	return nil
}

// absolute is a path without symbolic links, if it exists.
func absolute(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	return path
}

// devices is a new /dev.
func (s *survey) devices() (Point, error) {
	p, err := s.point(devDir, true)
	if err != nil {
		return p, err
	}
	s.mounts = append(s.mounts, mounted{p.Path, -1, writable})
	note := func(name string, dir bool) {
		s.made = append(s.made, made{p.Path + "/" + name, len(s.mounts) - 1, dir})
	}
	s.facts.Devices = nil
	for _, name := range devices {
		if unix.Access(devDir+"/"+name, unix.F_OK) == nil {
			s.facts.Devices = append(s.facts.Devices, name)
			note(name, false)
		}
	}
	if s.facts.Console, s.facts.Terminals = terminal(); s.facts.Console != "" {
		note(console, false)
	}
	for _, name := range []string{"pts", "shm"} {
		note(name, true)
	}
	return p, nil
}

// terminal is the path of the terminal at one of the standard descriptors, if it leads there, and
// all those that it is at.
func terminal() (path string, at []Terminal) {
	var found unix.Stat_t
	for fd := range 3 {
		var st unix.Stat_t
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil || unix.Fstat(fd, &st) != nil {
			continue
		}
		if path == "" {
			path, found = pathOf(fd, &st), st
		}
		if path != "" && sameFile(&found, &st) {
			flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
			at = append(at, Terminal{fd, flags})
		}
	}
	return path, at
}

// pathOf is the path of an open terminal; "" if it has none here.
func pathOf(fd int, st *unix.Stat_t) string {
	name, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	for _, name := range []string{name, devDir + "/" + console} {
		var there unix.Stat_t
		if unix.Lstat(name, &there) == nil && sameFile(&there, st) {
			return name
		}
	}
	return ""
}

func sameFile(a, b *unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }
