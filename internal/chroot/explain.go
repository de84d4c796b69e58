package chroot

import (
	"syscall"

	"github.com/xunshare/xunshare/internal/launch"
)

// Explain says what can be done about a step of this package that failed; ownPIDs tells whether the target has a
// pid namespace of its own. Nil if it was not one of ours or nothing helps.
func Explain(failed *launch.Error, ownPIDs bool) []string {
	mount, ok := failed.Step.Call.(launch.Mount)
	switch {
	case ok && mount.Type == "proc" && failed.Errno == syscall.EPERM && !ownPIDs:
		return []string{"a new proc shows a pid namespace of your own: add --pid --fork"}
	case ok && mount.Type == "proc" && failed.Errno == syscall.EPERM:
		return []string{"parts of /proc are masked here, as container engines do, and the kernel does not let them be uncovered: " +
			"start the container with --security-opt unmask=ALL (podman) or --security-opt systempaths=unconfined (docker)"}
	case ok && mount.Type == "proc" && failed.Errno == syscall.ENOENT:
		return []string{"the mount point has to exist: mkdir it in the tree"}
	case ok && mount.Flags&syscall.MS_PRIVATE != 0 && failed.Errno == syscall.EINVAL:
		return []string{"the root directory is not a mount point here, as in a plain chroot: add --propagation=unchanged"}
	}
	return nil
}
