package chroot

import (
	"fmt"
	"os"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/mountlist"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/verb"
)

// point finds out where name is, as a mount point for a directory or for another file, and what has
// to be made for it.
func (s *survey) point(name string, dir bool) (Point, error) {
	where, err := s.resolve(name)
	if err != nil {
		return Point{}, fmt.Errorf("%s in the root: %w", name, err)
	}
	if where.at == "/" && len(where.missing) == 0 && where.link != nil {
		if where, err = where.link.below(where.link.missing); err != nil {
			return Point{}, fmt.Errorf("%s in the root: %w", name, err)
		}
	}
	switch {
	case where.at == "/" && len(where.missing) == 0:
		return Point{}, fmt.Errorf("%s leads to the root itself", name)
	case len(where.missing) == 0 && where.dir == dir:
		return Point{Path: where.at}, nil
	case len(where.missing) == 0 && where.dir:
		return Point{}, remedy.New(fmt.Sprintf("%s is a directory in the root, and what is to be shown there is not", name), "name a file in it")
	case len(where.missing) == 0:
		where = place{at: path.Dir(where.at), missing: []string{path.Base(where.at)}, blocked: true}
	}
	return s.make(where, dir)
}

// make decides how a place is made: in a layer of ours, or where everything is ours already.
func (s *survey) make(where place, dir bool) (p Point, err error) {
	p = Point{Path: where.path(), File: !dir}
	inTheWay := path.Join(where.at, where.missing[0])
	mount := s.find(where.at)
	switch layer := s.layerOver(where.at, mount); {
	case s.mounts[mount].kind == ofKernel:
		return p, fmt.Errorf("%s is not there, and nothing can be made in %s", inTheWay, s.mounts[mount].at)
	case layer != nil && where.blocked:
		layer.Entries = slices.DeleteFunc(layer.Entries, func(e verb.Entry) bool { return e.Name == where.missing[0] })
	case layer != nil || s.isMade(where.at, mount):
	case s.ours(where.at, mount) && where.blocked:
		p.Remove = inTheWay
	case s.ours(where.at, mount):
	case s.furnishes(where, mount):
		p.Again = true // another launch may make it first
		s.Told.Detail("the tree has no %s: an empty directory is made in it", p.Path)
	default:
		if p.Layer, err = s.newLayer(where, mount); err != nil {
			return p, err
		}
	}
	p.Again = p.Again || mount == 0 && s.UpperDir != ""
	s.note(where, mount, dir, &p)
	return p, nil
}

// note notes what is made.
func (s *survey) note(where place, mount int, dir bool, p *Point) {
	at := where.at
	for i, name := range where.missing {
		at = path.Join(at, name)
		isDir := dir || i < len(where.missing)-1
		s.made = append(s.made, made{at, mount, isDir})
		if isDir {
			p.Dirs = append(p.Dirs, at)
		}
	}
}

// ours tells whether something can be made in a directory without a trace on the disk.
func (s *survey) ours(dir string, mount int) bool {
	if s.mounts[mount].kind != writable {
		return false
	}
	fd, rest := s.origin(dir)
	if fd < 0 || mount == 0 && s.anew {
		return true // a tmpfs, or all is made anew as the caller's
	}
	st, err := statAt(fd, rest)
	if err != nil || s.Mapped != nil && !s.Mapped(st.Uid, st.Gid) {
		return false
	}
	return inside.CanChange(unix.Faccessat(fd, rest, unix.W_OK, 0), &st, func(_, _ uint32) bool { return s.Mapped != nil })
}

func (s *survey) isMade(dir string, mount int) bool {
	return slices.Contains(s.made, made{dir, mount, true})
}

func (s *survey) layerOver(dir string, mount int) *LayerFact {
	for _, l := range s.layers {
		if l.Path == dir && l.mount == mount {
			return l.LayerFact
		}
	}
	return nil
}

// newLayer is a layer over a directory, without what is in the way in it. That over the root itself
// is made with it.
func (s *survey) newLayer(where place, mount int) (*LayerFact, error) {
	l := &LayerFact{Path: where.at}
	fd, rest := s.origin(where.at)
	st, err := statAt(fd, rest)
	if err == nil {
		l.Mode = st.Mode & 0o7777
		l.Entries, err = s.entries(where, mount)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not there, and %s in the root cannot be covered to make it: %w", where.path(), where.at, err)
	}
	s.layers = append(s.layers, layerOf{l, mount})
	if where.at == "/" {
		s.facts.Cover = l
		return nil, nil
	}
	return l, nil
}

// entries lists a directory as it will be: what is mounted in it shows by itself.
func (s *survey) entries(where place, mount int) ([]verb.Entry, error) {
	names, err := s.names(where.at, mount)
	if err != nil {
		return nil, err
	}
	var entries []verb.Entry
	for _, name := range names {
		if where.blocked && name == where.missing[0] {
			continue
		}
		e, err := s.entry(path.Join(where.at, name), name)
		switch {
		case err == unix.ENOENT: // gone meanwhile
			continue
		case err != nil:
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// names are those in a directory, and of what is made in it, in their order.
func (s *survey) names(at string, mount int) ([]string, error) {
	dir, rest := s.origin(at)
	names, err := list(dir, rest)
	if err != nil {
		return nil, err
	}
	for _, m := range s.made {
		if m.mount == mount && path.Dir(m.path) == at && !slices.Contains(names, path.Base(m.path)) {
			names = append(names, path.Base(m.path))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s *survey) entry(at, name string) (e verb.Entry, err error) {
	e.Name = name
	fileType, err := s.lstat(at)
	switch fileType {
	case unix.S_IFDIR:
		e.Kind = verb.Dir
	case unix.S_IFLNK:
		e.Kind = verb.Link
		e.Link, err = s.readlink(at)
	}
	if mountlist.IsUnder(at, runDir) {
		e.Anew = s.emptyMode(at)
	}
	return e, err
}

// emptyMode is the mode of an empty directory or file of the caller's that nothing is mounted on; 0
// for anything else. In /run such things are removed by whoever made them, or by all who clean a
// tree up.
func (s *survey) emptyMode(at string) uint32 {
	dir, rest := s.origin(at)
	st, err := statAt(dir, rest)
	above, err2 := statAt(dir, path.Dir(rest))
	if err != nil || err2 != nil || int(st.Uid) != os.Geteuid() || st.Dev != above.Dev {
		return 0
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		if st.Size > 0 {
			return 0
		}
	case unix.S_IFDIR:
		if names, err := list(dir, rest); err != nil || len(names) > 0 {
			return 0
		}
	default:
		return 0
	}
	return st.Mode & 0o7777
}

// list returns the names in a directory. None of its path was a symbolic link when that was found.
func list(dir int, path string) ([]string, error) {
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS})
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return names, cause(err)
}

// furniture is what every root has to mount things on. In a tree of the caller's own it is made on
// the disk, empty: a layer over the root itself would have to be read-only, and nobody could make
// anything there (docs/decisions/0023-an-own-tree-is-furnished.md).
var furniture = [...]string{"proc", "sys", "dev", "run", "tmp"}

// furnishes tells whether a place is made in the tree itself. No symbolic link of the tree is
// followed for that.
func (s *survey) furnishes(where place, mount int) bool {
	return s.Furnish && mount == 0 && where.at == "/" && !where.blocked && len(where.missing) == 1 &&
		slices.Contains(furniture[:], where.missing[0]) && !s.facts.Others && s.couldWrite("/", 0)
}

// modeOf is the mode of a directory that is made.
func modeOf(dir string) uint32 {
	if dir == "/tmp" {
		return 0o1777
	}
	return 0o755
}
