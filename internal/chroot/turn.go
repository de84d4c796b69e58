package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// turn makes the mount at the working directory the root of the namespace, and of the process. If others lie on it, and the
// process has to go up to the last of them, up leads there.
//
// pivot_root(2) is refused on the initramfs, in a chroot that a shared mount holds (EINVAL), by the filters of container
// engines (EPERM, ENOSYS) and by security modules (EACCES). Then the root is covered, as switch_root(8) does, or at least
// changed.
func turn(f Facts, others int, up ...verb.Call) []verb.Step {
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
		turn.Then = append(up[:len(up):len(up)], verb.Try{First: verb.Chroot{Path: "."}, Else: turnAgain(others)})
	}
	turn.Else = append(append(turn.Else, enter...), standIn)
	return []verb.Step{{Call: turn, Reason: enterRoot}}
}

// turnAgain is for a process at the top of the stack that may not change its root: containers without CAP_SYS_CHROOT have
// chroot(2) refused (EPERM). The mounts under the top then come to lie on the old root, and are let go: they keep things alive
// that nobody may take away, and it has to do without.
func turnAgain(others int) []verb.Call {
	calls := []verb.Call{verb.PivotRoot{New: ".", Old: "."}}
	for range others {
		calls = append(calls, verb.Unmount{Target: ".", Flags: unix.MNT_DETACH})
	}
	return calls
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
