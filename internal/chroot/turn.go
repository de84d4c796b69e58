package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// turn makes the mount at the working directory the root of the namespace, and of the process. If the process has to go up
// to another mount, which lies on that one, up leads there.
//
// pivot_root(2) is refused on the initramfs, in a chroot that a shared mount holds (EINVAL), by the filters of container
// engines (EPERM, ENOSYS) and by security modules (EACCES). Then the root is covered, as switch_root(8) does, or at least
// changed.
func turn(f Facts, up ...verb.Call) []verb.Step {
	enter := append(up, verb.Chroot{Path: "."})
	if f.OnInitramfs {
		steps := []verb.Step{{Call: coverRoot, Reason: enterRoot}}
		for _, call := range enter {
			steps = append(steps, verb.Step{Call: call, Reason: enterRoot})
		}
		return steps
	}
	turn := verb.Try{First: verb.PivotRoot{New: ".", Old: "."}, Any: true, Else: []verb.Call{
		verb.Try{First: coverRoot, Any: true, Then: []verb.Call{verb.Say{Text: covered}}, Else: []verb.Call{verb.Say{Text: changed}}}}}
	if len(up) > 0 {
		turn.Then = enter
	}
	turn.Else = append(append(turn.Else, enter...), standIn)
	return []verb.Step{{Call: turn, Reason: enterRoot}}
}

var (
	coverRoot = verb.Mount{Source: ".", Target: "/", Flags: unix.MS_MOVE}

	// standIn lies where pivot_root leaves the old root, on top of the new one: Leave detaches what is uppermost there.
	standIn = verb.Mount{Source: "tmpfs", Target: ".", Type: "tmpfs"}
)

// What is said of a root that had to be entered in another way.
const (
	covered = "xunshare: note: pivot_root(2) is refused here, so the old root stays mounted, covered by the new one; " +
		"a program that may unmount can uncover it\n"
	changed = "xunshare: note: pivot_root(2) is refused here, so the root is entered by chroot(2) alone: no user namespaces can be made inside, " +
		"and who is root inside can leave it\n"
)
