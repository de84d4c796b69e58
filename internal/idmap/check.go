package idmap

import (
	"errors"
	"fmt"
)

const (
	// maxExtents is UID_GID_MAP_MAX_EXTENTS of the kernel (Linux 4.15, commit 6397fac4915a; it was
	// 5 before).
	maxExtents = 340
	// maxText is the longest text that can be written to /proc/PID/uid_map, in one write and by
	// newuidmap too: less than a page (map_write of kernel/user_namespace.c). Larger pages take
	// more; that is not made use of.
	maxText = 4096 - 1
)

// Check tells whether the kernel takes the map, and if not, why: the kernel says EINVAL to all of
// it. Whether the caller may map these ids is another matter (user_namespaces(7), "Defining user
// and group ID mappings").
func Check(m Map) error {
	if len(m) == 0 {
		return errors.New("the id map is empty")
	}
	if len(m) > maxExtents {
		return fmt.Errorf("the id map has %d extents, the kernel takes %d", len(m), maxExtents)
	}
	if n := len(m.String()); n > maxText {
		return fmt.Errorf("the id map has %d bytes, the kernel takes %d", n, maxText)
	}
	for i, e := range m {
		if err := e.check(); err != nil {
			return fmt.Errorf("id map %s: %w", e, err)
		}
		if err := e.overlaps(m[:i]); err != nil {
			return err
		}
	}
	return nil
}

// overlaps tells what e has in common with one of others.
func (e Extent) overlaps(others Map) error {
	for _, o := range others {
		if id, both := overlap(o.inner(), e.inner()); both {
			return fmt.Errorf("the id maps %s and %s overlap: both map the inner id %d", o, e, id)
		}
		if id, both := overlap(o.outer(), e.outer()); both {
			return fmt.Errorf("the id maps %s and %s overlap: both map the outer id %d", o, e, id)
		}
	}
	return nil
}

// overlap returns the first id that is in a and b.
func overlap(a, b Range) (id uint32, both bool) {
	id = max(a.First, b.First)
	return id, uint64(id) < min(a.end(), b.end())
}
