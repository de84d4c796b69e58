package chroot

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// Sealed is a directory that programs in the root use and nobody in there can change, root of the
// namespace neither: one of the host that belongs to the caller, or one that is made anew for the
// launch.
//
// A bind mount would not do: whoever may mount can make it writable again. An overlay of lower
// layers only can never be written to (ovl_reconfigure in fs/overlayfs/params.c, EROFS), and the
// layers cannot be reached through it. It takes two of them.
type Sealed struct {
	Dir  string                 // an absolute path of the host; beside it is an empty directory, Empty
	Fill func(dir string) error // makes what is shown, where there is no Dir
}

// Empty is the name of an empty directory.
const Empty = "empty"

const showSealed = "show what runs in place of programs of the tree"

func (s *Sealed) show(at string) []verb.Step {
	calls := s.fill(at)
	if s.Dir != "" {
		calls = s.cover(at)
	}
	var steps []verb.Step
	for _, call := range calls {
		steps = append(steps, verb.Step{Call: call, Reason: showSealed})
	}
	return steps
}

// cover makes the overlay. The layers are named from a place that no path leads to, with names that
// say nothing of the host: mount(8) shows them.
func (s *Sealed) cover(at string) []verb.Call {
	const here, sealed verb.FD = "here", "sealed"
	dir, name := path.Split(strings.TrimPrefix(s.Dir, "/"))
	return []verb.Call{
		verb.OpenPath{Path: ".", As: here},
		verb.Chdir{FD: host},
		verb.Chdir{Path: path.Clean(dir)},
		verb.NewMount{Type: overlay, As: sealed, Options: []string{"source=xunshare", "lowerdir=" + name + ":" + Empty, "userxattr"},
			Attributes: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_RDONLY},
		verb.Chdir{FD: here},
		verb.MoveMount{From: sealed, To: at},
		verb.Close{FD: sealed},
		verb.Close{FD: here},
	}
}

// fill has the parent fill a tmpfs.
func (s *Sealed) fill(at string) []verb.Call {
	const flags = unix.MS_NOSUID | unix.MS_NODEV
	return []verb.Call{
		verb.Mount{Source: "tmpfs", Target: at, Type: "tmpfs", Flags: flags, Data: "mode=1777"},
		verb.Meet{Work: filling{s.Fill, at}},
		verb.Mount{Target: at, Flags: flags | unix.MS_REMOUNT | unix.MS_RDONLY},
	}
}

// filling is work of the parent.
type filling struct {
	fill func(dir string) error
	at   string
}

func (f filling) String() string { return `fill("/proc/CHILD/root` + f.at + `")` }

func (f filling) Do(folder string, note func(sentence string)) error {
	return f.fill(folder + "/root" + f.at)
}
