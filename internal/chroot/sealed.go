package chroot

import (
	"fmt"
	"path"

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

const sealed verb.FD = "sealed"

func (s *Sealed) show(at string) []verb.Step {
	const flags = unix.MS_NOSUID | unix.MS_NODEV
	calls := []verb.Call{
		verb.Mount{Source: memory, Target: at, Type: memory, Flags: flags, Data: everybodys},
		verb.Meet{Work: filling{s.Fill, "/root" + at}},
		verb.Mount{Target: at, Flags: flags | unix.MS_REMOUNT | unix.MS_RDONLY},
	}
	if s.Dir != "" {
		calls = s.mount([]verb.Call{verb.Chdir{FD: host}, verb.Chdir{Path: path.Clean(path.Dir(s.Dir)[1:])}}, verb.MoveMount{From: sealed, To: at})
	}
	return showing(calls)
}

// Lend lets the target have the directory as a descriptor, from which no path leads elsewhere: it is
// mounted nowhere.
func (s *Sealed) Lend(number int) []verb.Step {
	lend := verb.Bequeath{FD: sealed, Number: number}
	if s.Dir != "" {
		return showing(s.mount([]verb.Call{verb.Chdir{Path: path.Dir(s.Dir)}}, lend))
	}
	return showing([]verb.Call{
		verb.NewMount{Type: memory, As: sealed, Options: []string{everybodys}, Attributes: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV},
		lend,
		verb.Meet{Work: filling{s.Fill, fmt.Sprint("/fd/", number)}},
		verb.Reconfigure{Of: sealed, Option: "ro"},
		verb.Close{FD: sealed},
	})
}

// What is filled for a launch is in memory, and the parent, who has no rights over it, can write to it.
const (
	memory     = "tmpfs"
	everybodys = "mode=1777"
)

func showing(calls []verb.Call) (steps []verb.Step) {
	for _, call := range calls {
		steps = append(steps, verb.Step{Call: call, Reason: showSealed})
	}
	return steps
}

// mount makes the overlay, which is put where it can be used. The layers are named from a place that
// no path leads to, with names that say nothing of the host: mount(8) shows them.
func (s *Sealed) mount(goThere []verb.Call, put verb.Call) []verb.Call {
	const here verb.FD = "here"
	calls := append([]verb.Call{verb.OpenPath{Path: ".", As: here}}, goThere...)
	return append(calls,
		verb.NewMount{Type: overlay, As: sealed, Options: []string{"source=xunshare", "lowerdir=" + path.Base(s.Dir) + ":" + Empty, "userxattr"},
			Attributes: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_RDONLY},
		verb.Chdir{FD: here},
		put,
		verb.Close{FD: sealed},
		verb.Close{FD: here},
	)
}

// filling is work of the parent.
type filling struct {
	fill func(dir string) error
	at   string // beneath the child's directory in /proc
}

func (f filling) String() string { return `fill("/proc/CHILD` + f.at + `")` }

func (f filling) Do(folder string, note func(sentence string)) error {
	return f.fill(folder + f.at)
}
