package inside

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/moby/sys/mountinfo"
	"github.com/xunshare/xunshare/internal/mountlist"
)

// NoExec tells where the file system is mounted that a file inside root lies on, if that is mounted
// noexec: the kernel executes nothing from there, neither programs nor what loads or interprets
// them (path_noexec in fs/exec.c).
func NoExec(root, path string) (mountPoint string, found bool) {
	fd, err := Find(root, path)
	if err != nil {
		return "", false
	}
	defer unix.Close(fd)
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) != nil || st.Flags&unix.ST_NOEXEC == 0 {
		return "", false
	}
	name, _ := os.Readlink(magic(fd))
	all, _ := mountinfo.GetMounts(nil)
	if own := mountlist.Holder(name, all); own != nil {
		return own.Mountpoint, true
	}
	return name, true
}
