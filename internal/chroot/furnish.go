package chroot

import "slices"

// furniture is what every root has to mount things on. In a tree of the caller's own it is made on
// the disk, empty: a layer over the root itself would have to be read-only, and nobody could make
// anything there (docs/decisions/0023-an-own-tree-is-furnished.md).
var furniture = [...]string{"proc", "sys", "dev", "run", "tmp"}

// furnishes tells whether a place is made in the tree itself. No symbolic link of the tree is followed for that.
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
