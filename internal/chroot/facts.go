package chroot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/moby/sys/mountinfo"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Facts are what holds on this machine, as far as the steps depend on it.
type Facts struct {
	OnInitramfs bool // the root of this mount namespace is the initial one, which pivot_root(2) refuses
	ProcDir     bool // the root has a directory /proc
	Here        bool // the root is the one that we have
	Mounts           // what Survey has found out
}

// Gather gathers the facts for o and checks that its root can be entered. A caller who may not
// search it, or list it, is told so by a *ClosedError; a View may help.
func Gather(root string) (Facts, error) {
	if root == "" {
		return Facts{}, nil
	}
	var closed *ClosedError
	err := checkRoot(root)
	if err != nil && !(errors.As(err, &closed) && closed.Searchable) {
		return Facts{}, err
	}
	return Facts{OnInitramfs: onInitramfs(), ProcDir: inside.IsDir(root, procDir), Here: isRoot(root)}, err
}

// isRoot tells whether path is the present root: the same directory of the same mount (statx(2),
// Linux 5.8).
func isRoot(path string) bool {
	var there, here unix.Statx_t
	const mask = unix.STATX_INO | unix.STATX_MNT_ID
	if unix.Statx(unix.AT_FDCWD, path, 0, mask, &there) != nil || unix.Statx(unix.AT_FDCWD, "/", 0, mask, &here) != nil {
		return false
	}
	return there.Ino == here.Ino && there.Dev_major == here.Dev_major && there.Dev_minor == here.Dev_minor && there.Mnt_id == here.Mnt_id
}

func checkRoot(root string) error {
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return notThere(root)
	case err != nil:
		return remedy.Wrap(fmt.Errorf("root %s: %w", root, cause(err)), closedAbove(root)...)
	case !info.IsDir():
		return remedy.New(fmt.Sprintf("root %s: not a directory", root), "an image has to be unpacked or mounted first")
	case unix.Access(root, unix.R_OK|unix.X_OK) != nil:
		st := info.Sys().(*syscall.Stat_t)
		return &ClosedError{root, st.Uid, st.Gid, unix.Access(root, unix.X_OK) == nil}
	}
	return nil
}

func notThere(root string) error {
	if to, err := os.Readlink(root); err == nil {
		return fmt.Errorf("root %s: is a link to %s, which is not there", root, to)
	}
	return fmt.Errorf("root %s: there is no such directory", root)
}

// closedAbove names the first directory of a path that the caller may not search; nil if that is
// not what keeps the caller from it.
func closedAbove(file string) []string {
	for _, dir := range above(absolute(file)) {
		if unix.Access(dir, unix.X_OK) == unix.EACCES {
			return []string{"you may not search " + dir + " (it lacks the x permission for you): take another place, or have its owner do chmod a+x " + dir}
		}
	}
	return nil
}

// above lists the directories that lead to a file, from the outermost.
func above(file string) (dirs []string) {
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		dirs = append([]string{dir}, dirs...)
		if dir == "/" {
			return dirs
		}
	}
}

// cause is the errno without the path that the sentence has named already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// onInitramfs asks statfs(2) first: only a ramfs or tmpfs can be the initial root, and mountinfo is
// long.
func onInitramfs() bool {
	var st unix.Statfs_t
	if unix.Statfs("/", &st) != nil || !isInitialType(uint32(st.Type)) {
		return false
	}
	mounts, err := mountinfo.GetMounts(mountinfo.SingleEntryFilter("/"))
	return err == nil && len(mounts) > 0 && mounts[len(mounts)-1].FSType == "rootfs"
}

func isInitialType(fstype uint32) bool {
	return fstype == unix.TMPFS_MAGIC || fstype == unix.RAMFS_MAGIC
}
