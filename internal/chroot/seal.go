package chroot

import (
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/mountlist"
)

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
