package chroot

import (
	"slices"
	"syscall"

	"github.com/xunshare/xunshare/internal/verb"
)

// Explain says what can be done about a step of this package that failed; ownPIDs tells whether the
// target has a pid namespace of its own. Nil if it was not one of ours or nothing helps.
func Explain(failed *verb.Error, ownPIDs bool) []string {
	mount, ok := verb.First(failed.Step.Call).(verb.Mount)
	_, goes := failed.Step.Call.(verb.Chdir)
	switch {
	case goes && failed.Errno == syscall.ENOENT:
		return []string{"it is looked up inside the root; --bind=DIR shows a directory of the host there"}
	case ok && mount.Type == "proc" && explainProc(failed.Errno, ownPIDs) != nil:
		return explainProc(failed.Errno, ownPIDs)
	case ok && mount.Flags&syscall.MS_PRIVATE != 0 && failed.Errno == syscall.EINVAL:
		return []string{"the root directory is not a mount point here, as in a plain chroot: add --propagation=unchanged"}
	}
	return explainMounts(failed)
}

// explainProc is for a new proc.
func explainProc(errno syscall.Errno, ownPIDs bool) []string {
	switch {
	case errno == syscall.EPERM && !ownPIDs:
		return []string{"a new proc shows a pid namespace of your own: add --pid --fork"}
	case errno == syscall.EPERM:
		return []string{"parts of /proc are masked here, as container engines do, and the kernel does not let them be uncovered: " + unmask,
			"or leave --mount-proc out; in a root, --bind=/proc shows the /proc that is there"}
	case errno == syscall.ENOENT:
		return []string{"the mount point has to exist: create it with mkdir"}
	}
	return nil
}

// unmask is how to have an engine leave /proc alone.
const unmask = "start the container with --security-opt unmask=ALL (podman) or --security-opt systempaths=unconfined (docker)"

// notNew is said where the fallback of AnyProc is taken.
const notNew = "xunshare: note: parts of /proc are masked here, so the program sees the /proc that is there, which has other pids\n" +
	"xunshare: hint: " + unmask + "\n"

// explainMounts is about what is mounted in the root, and over it.
func explainMounts(failed *verb.Error) []string {
	made, ok := failed.Step.Call.(verb.NewMount)
	meet, _ := failed.Step.Call.(verb.Meet)
	_, copies := meet.Work.(ownMetadata)
	switch {
	case copies && failed.Errno == syscall.ENOTSUP, // no user.* attributes on tmpfs before Linux 6.6
		ok && failed.Errno == syscall.EINVAL && slices.Contains(made.Options, "lowerdir="+ownLayers):
		return []string{"changing another user's tree needs Linux 6.16 and a file system that can be a layer of an overlay: copy the tree, " +
			"or enter it without --ephemeral"}
	case failed.Errno == syscall.EOVERFLOW:
		return []string{"to make it, you need a user and a group in the namespace: add --map-root-user or --map-current-user"}
	case failed.Errno == syscall.ENOSYS && failed.Operation != "openat2":
		return []string{"mounts in a root need Linux 5.2"}
	case !ok || made.Type != overlay:
		return nil
	}
	return explainOverlay(made.Options, failed.Errno)
}

// explainOverlay is for an overlay that the kernel refuses to make.
func explainOverlay(options []string, errno syscall.Errno) []string {
	switch {
	case errno == syscall.ENODEV:
		return []string{"this kernel has no overlay file system: sudo modprobe overlay"}
	case errno == syscall.EPERM:
		return []string{"an ordinary user can mount an overlay since Linux 5.11"}
	case errno == syscall.EINVAL && slices.Contains(options, "upperdir=upper"):
		return []string{"the file system of the tree cannot be a layer of an overlay (it may be an overlay of an overlay, or ignore case): " +
			"copy the tree to another one, or use --read-only"}
	}
	return []string{"the file system of the tree, or of the directory that keeps the changes, cannot be a layer of an overlay: " +
		"use others, such as ext4, xfs, btrfs or tmpfs"}
}
