package chroot

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Mounts is what is so of what is to be mounted.
type Mounts struct {
	Points     []Point    // of each operation
	Proc       *Point     // of /proc; nil where the path that was asked for will do
	Cover      *LayerFact // the layer over the root itself; nil for none
	Sealed     []string   // the layers that become read-only when all is mounted
	RootMode   uint32     // permissions of the root
	Devices    []string   // those of the host that there are
	Console    string     // the caller's terminal, by its name on the host; "" for none
	OldKernel  bool       // it has no mount_setattr(2)
	RootMounts []Submount // of the root, where they have to be known
	Notes      []string   // what the target might miss, in sentences
}

// A Point is where something is mounted.
type Point struct {
	Path   string     // inside the root, without symbolic links
	Layer  *LayerFact // the layer that is made for it first; nil for none
	Remove string     // what is in the way in a layer that exists; "" for nothing
	Dirs   []string   // the directories to make
	File   bool       // an empty file is to be made
	Source string     // what is shown there, on the host, without symbolic links
	Mounts []Submount // those at and under Source, where they have to be known
	Skip   bool       // there is nothing to do
}

// survey is the state of a Survey.
type survey struct {
	*Options
	world
	facts  *Facts
	layers []layerOf
}

// layerOf is a layer and the index of the mount that it covers a part of.
type layerOf struct {
	*LayerFact
	mount int
}

// Survey finds out where the mounts of o go and what has to be made for them, and refuses what cannot be. It changes
// nothing.
func (o *Options) Survey(f *Facts) error {
	if len(o.Operations) == 0 && !o.ReadOnly && !o.Ephemeral {
		return nil // a proc by itself is mounted on what is there, as unshare(1) does it
	}
	root, err := openPath(o.Root)
	if err != nil {
		return err
	}
	s := survey{Options: o, facts: f, world: world{mounts: []mounted{{at: "/", fd: root}}}}
	defer s.close() // an init would keep them, and the target could get at the host through it
	st, err := statAt(root, ".")
	if err != nil {
		return &os.PathError{Op: "stat", Path: o.Root, Err: err}
	}
	f.RootMode, f.OldKernel = st.Mode&0o7777, lacksSetattr()
	if err := s.tree(); err != nil {
		return err
	}
	if err := s.proc(); err != nil {
		return err
	}
	for _, op := range o.Operations {
		p, err := s.operation(op)
		if err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		f.Points = append(f.Points, p)
	}
	s.seal()
	return nil
}

func (s *survey) close() {
	for _, m := range s.mounts {
		if m.fd >= 0 {
			unix.Close(m.fd)
		}
	}
}

// String names the operation as its option does.
func (op Operation) String() string {
	switch op.Kind {
	case Tmpfs:
		return "--tmpfs " + op.Target
	case Devices:
		return "--dev"
	case System:
		return "--sys"
	case Resolver:
		return "--resolv-conf"
	}
	return "--bind " + op.Source
}

func (s *survey) proc() (err error) {
	if s.Proc == SameProc {
		return nil
	}
	var p Point
	if s.Proc == NewProc && (s.ProcDir != procDir || !s.facts.ProcDir) {
		if p, err = s.point(s.ProcDir, true); err != nil {
			return fmt.Errorf("--mount-proc: %w", err)
		}
		s.facts.Proc = &p
	} else if where, err := s.resolve(s.ProcDir); err == nil {
		p.Path = where.path()
	}
	return s.cover(p.Path, procDir, ofKernel)
}

// cover notes that something of the host will be mounted at path.
func (s *survey) cover(at, source string, kind mountedKind) error {
	fd, err := openPath(source)
	s.mounts = append(s.mounts, mounted{at, fd, kind})
	return err
}

func (s *survey) operation(op Operation) (p Point, err error) {
	switch op.Kind {
	case Tmpfs:
		p, err = s.point(op.Target, true)
		s.mounts = append(s.mounts, mounted{p.Path, -1, writable})
		return p, err
	case Devices:
		return s.devices()
	case System:
		return s.bind("/sys", "/sys", ofKernel)
	case Resolver:
		return s.resolver()
	}
	return s.bind(op.Source, op.Target, onDisk)
}

func (s *survey) bind(source, target string, kind mountedKind) (p Point, err error) {
	fd, err := openPath(source)
	if err != nil {
		return p, err
	}
	st, err := statAt(fd, ".")
	if err != nil {
		return p, &os.PathError{Op: "stat", Path: source, Err: err}
	}
	name, err := nameOf(fd, st)
	if err != nil {
		return p, fmt.Errorf("%s: %w", source, err)
	}
	p, err = s.point(target, st.Mode&unix.S_IFMT == unix.S_IFDIR)
	p.Source = name
	if s.facts.OldKernel && err == nil {
		p.Mounts, err = submounts(name)
	}
	s.mounts = append(s.mounts, mounted{p.Path, fd, kind})
	return p, err
}

// nameOf is the path of an open file without symbolic links.
func nameOf(fd int, st unix.Stat_t) (string, error) {
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return "", cause(err)
	}
	var there unix.Stat_t
	if unix.Lstat(name, &there) != nil || there.Dev != st.Dev || there.Ino != st.Ino {
		return "", errors.New("there is no path that leads to it any more")
	}
	return name, nil
}

// point finds out where name is, as a mount point for a directory or for another file, and what has to be made for it.
func (s *survey) point(name string, dir bool) (Point, error) {
	where, err := s.resolve(name)
	if err != nil {
		return Point{}, fmt.Errorf("%s in the root: %w", name, err)
	}
	switch {
	case where.at == "/" && len(where.missing) == 0:
		return Point{}, fmt.Errorf("%s leads to the root itself", name)
	case len(where.missing) == 0 && where.dir == dir:
		return Point{Path: where.at}, nil
	case len(where.missing) == 0 && where.dir:
		return Point{}, remedy.New(fmt.Sprintf("%s is a directory in the root, and the other is not", name), "name a file in it")
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
		layer.Entries = slices.DeleteFunc(layer.Entries, func(e launch.Entry) bool { return e.Name == where.missing[0] })
	case layer != nil || s.isMade(where.at, mount):
	case s.ours(where.at, mount) && where.blocked:
		p.Remove = inTheWay
	case s.ours(where.at, mount):
	default:
		if p.Layer, err = s.newLayer(where, mount); err != nil {
			return p, err
		}
	}
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
	return fd < 0 || unix.Faccessat(fd, rest, unix.W_OK, 0) == nil
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

// newLayer is a layer over a directory, without what is in the way in it. That over the root itself is made with it.
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
func (s *survey) entries(where place, mount int) ([]launch.Entry, error) {
	dir, rest := s.origin(where.at)
	names, err := list(dir, rest)
	if err != nil {
		return nil, err
	}
	for _, m := range s.made {
		if m.mount == mount && path.Dir(m.path) == where.at && !slices.Contains(names, path.Base(m.path)) {
			names = append(names, path.Base(m.path))
		}
	}
	slices.Sort(names)
	var entries []launch.Entry
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

func (s *survey) entry(at, name string) (e launch.Entry, err error) {
	e.Name = name
	fileType, err := s.lstat(at)
	switch fileType {
	case unix.S_IFDIR:
		e.Kind = launch.Dir
	case unix.S_IFLNK:
		e.Kind = launch.Link
		e.Link, err = s.readlink(at)
	}
	return e, err
}

func list(dir int, path string) ([]string, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return names, cause(err)
}

// seal decides which layers become read-only: those that can be seen still. What is in /run is meant to vanish.
func (s *survey) seal() {
	for _, l := range s.layers {
		if s.find(l.Path) == l.mount && !isUnder(l.Path, "/run") {
			s.facts.Sealed = append(s.facts.Sealed, l.Path)
		}
	}
}

// openPath opens what a path of the caller's leads to, for its metadata.
func openPath(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT && !strings.HasPrefix(path, procDir) {
		return -1, fmt.Errorf("%s: there is no such file or directory", path)
	}
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}
