package chroot

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/mountlist"
)

// Mounts are the facts about what is to be mounted.
type Mounts struct {
	Points     []Point              // of each operation
	Proc       *Point               // of /proc; nil where the path that was asked for will do
	Cover      *LayerFact           // the layer over the root itself; nil for none
	Sealed     []string             // the layers that become read-only when all is mounted
	RootMode   uint32               // permissions of the root
	Others     bool                 // it is a user's who is not mapped
	Devices    []string             // those of the host that there are
	Console    string               // the caller's terminal, by its name on the host; "" for none
	Terminals  []Terminal           // the standard descriptors that are open on it
	OldKernel  bool                 // there is no mount_setattr(2)
	RootMounts []mountlist.Submount // of the root, where they have to be known
	Parts      []Part               // those that the root is put together of, under --ephemeral; none if it is one
}

// A Terminal is a descriptor of the caller's, with its flags (F_GETFL).
type Terminal struct{ FD, Flags int }

// A Point is where something is mounted.
type Point struct {
	Path   string               // inside the root, without symbolic links
	Layer  *LayerFact           // the layer that is made for it first; nil for none
	Remove string               // what is in the way in a layer that exists; "" for nothing
	Dirs   []string             // the directories to make
	File   bool                 // an empty file is to be made
	Again  bool                 // all that may be there from a launch before, in the layer that keeps changes
	Source string               // what is shown there, on the host, without symbolic links
	Mounts []mountlist.Submount // those at and under Source, where they have to be known
	Text   string               // or this, for a file
	Old    string               // the file of a launch before in its place; "" for none
	Lent   *Lent                // it is lent to the tree; nil for no
	Skip   bool                 // there is nothing to do
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

// Survey finds out where the mounts of o go and what has to be made for them, and refuses what
// cannot be. It changes nothing.
func (o *Options) Survey(f *Facts) error {
	if len(o.Operations) == 0 && !o.ReadOnly && !o.Ephemeral {
		return nil // a proc by itself is mounted on what is there, as unshare(1) does it
	}
	root, err := openPath(cmp.Or(o.Seen, o.Root))
	if err != nil {
		return err
	}
	s := survey{Options: o, facts: f, world: world{mounts: []mounted{{at: "/", fd: root}}}}
	defer s.close() // an init would keep them, and the target could get at the host through it
	st, err := statAt(root, ".")
	if err != nil {
		return &os.PathError{Op: "stat", Path: o.Root, Err: err}
	}
	f.RootMode, f.OldKernel = o.rootMode(st), mountlist.LacksSetattr()
	f.Others = o.Mapped != nil && !o.Mapped(st.Uid, st.Gid)
	if err := s.tree(); err != nil {
		return err
	}
	if err := s.proc(); err != nil {
		return err
	}
	if err := s.operations(); err != nil {
		return err
	}
	s.seal()
	return nil
}

// operations finds the place of each.
func (s *survey) operations() error {
	for _, op := range s.Operations {
		p, err := s.operation(op)
		if err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		s.facts.Points = append(s.facts.Points, p)
	}
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
	case File, Append, Hidden:
		return op.Target
	}
	if op.ReadOnly {
		return "--ro-bind " + op.Source
	}
	return "--bind " + op.Source
}

func (s *survey) proc() (err error) {
	if s.Proc == SameProc {
		return nil
	}
	var p Point
	if s.Proc != HostProc && (s.ProcDir != procDir || !s.facts.ProcDir) {
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
	case Hidden:
		p, err = s.point(op.Target, true)
		s.mounts = append(s.mounts, mounted{p.Path, -1, ofKernel})
		return p, err
	case Devices:
		return s.devices()
	case System:
		return s.bind("/sys", "/sys", ofKernel)
	case Resolver:
		return s.resolver()
	case File:
		return s.file(op.Target), nil
	case Append:
		return s.appended(op)
	}
	kind := onDisk
	if op.ReadOnly {
		kind = fixed
	}
	return s.bind(op.Source, op.Target, kind)
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
		p.Mounts, err = mountlist.Of(name)
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
	if unix.Lstat(name, &there) != nil || !sameFile(&there, &st) {
		return "", errors.New("no path leads to it any more")
	}
	return name, nil
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

// seal decides which layers become read-only: those that can be seen still. What is in /run is
// meant to vanish.
func (s *survey) seal() {
	for _, l := range s.layers {
		if s.find(l.Path) != l.mount || mountlist.IsUnder(l.Path, "/run") {
			continue
		}
		s.facts.Sealed = append(s.facts.Sealed, l.Path)
		if s.couldWrite(l.Path, l.mount) {
			made := some(s.madeIn(l))
			s.Told.Add("%s is read-only inside, because %s had to be made in a layer over it; to keep it writable, make what is missing on the disk first",
				l.Path, made)
		}
	}
}

// couldWrite tells whether the target could change a directory if no layer covered it.
func (s *survey) couldWrite(dir string, mount int) bool {
	if s.mounts[mount].kind != onDisk {
		return false
	}
	fd, rest := s.origin(dir)
	st, err := statAt(fd, rest)
	if err != nil {
		return false
	}
	mapped := func(user, group uint32) bool { return s.Mapped != nil && s.Mapped(user, group) }
	if os.Geteuid() == 0 && s.Mapped != nil && !mapped(st.Uid, st.Gid) { // root of the host may, root of a namespace may not
		return false
	}
	return inside.CanChange(unix.Faccessat(fd, rest, unix.W_OK, 0), &st, mapped)
}

// madeIn lists what is made in a layer.
func (s *survey) madeIn(l layerOf) (names []string) {
	for _, m := range s.made {
		if m.mount == l.mount && path.Dir(m.path) == l.Path {
			names = append(names, m.path)
		}
	}
	return names
}
