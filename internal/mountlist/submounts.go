// Package mountlist knows the mounts that there are: which one a path lies in, what is mounted at
// and under it, with which flags (proc_pid_mountinfo(5)).
//
// Not for: mounting.
package mountlist

import (
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// A Submount is a mount at or under a path.
type Submount struct {
	Path  string  // from there on; "" for the path itself
	Flags uintptr // MS_*, as they are
}

// Of lists those that can be seen from path, an absolute one without symbolic links.
func Of(path string) ([]Submount, error) {
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		return nil, err
	}
	return under(path, mounts), nil
}

// under finds them: the mount that path lies in, and what is mounted on that, and on those. What
// lies in an earlier mount at the same place is covered.
func under(path string, mounts []*mountinfo.Info) []Submount {
	own := Holder(path, mounts)
	if own == nil {
		return nil
	}
	found := []Submount{{Flags: flagsOf(own.Options)}}
	return appendChildren(found, path, own.ID, mounts)
}

// Holder is the mount that path lies in.
func Holder(path string, mounts []*mountinfo.Info) (own *mountinfo.Info) {
	for _, m := range mounts {
		if IsUnder(path, m.Mountpoint) && (own == nil || IsUnder(m.Mountpoint, own.Mountpoint)) {
			own = m
		}
	}
	return own
}

func appendChildren(found []Submount, path string, parent int, mounts []*mountinfo.Info) []Submount {
	for _, m := range mounts {
		if m.Parent != parent || m.ID == parent || !IsUnder(m.Mountpoint, path) || m.Mountpoint == path {
			continue
		}
		rest := "/" + strings.TrimLeft(strings.TrimPrefix(m.Mountpoint, path), "/")
		found = slices.DeleteFunc(found, func(s Submount) bool { return IsUnder(s.Path, rest) }) // covered
		found = append(found, Submount{rest, flagsOf(m.Options)})
		found = appendChildren(found, path, m.ID, mounts)
	}
	return found
}

// IsUnder tells whether path is dir or lies in it; both are clean.
func IsUnder(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}
