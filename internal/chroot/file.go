package chroot

// file is the place of a File. It is for programs that look for it, which do without: where /run is not one whose
// contents may vanish, or cannot be covered, or has the file, nothing is made.
func (s *survey) file(name string) Point {
	where, err := s.resolve(name)
	if err != nil || !isUnder(where.path(), runDir) || len(where.missing) == 0 || where.blocked {
		return Point{Skip: true}
	}
	p, err := s.point(name, false)
	if err != nil {
		return Point{Skip: true}
	}
	p.File = false // CreateFile makes it
	return p
}

const runDir = "/run"
