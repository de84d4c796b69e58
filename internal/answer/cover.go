package answer

import (
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
	"github.com/xunshare/xunshare/internal/seccomp"
	"github.com/xunshare/xunshare/internal/verb"
)

// A Cover is a mount on a file that programs may want to remove or to replace. The kernel refuses
// that for a mount point (EBUSY; is_local_mountpoint in fs/namespace.c), so the mount is taken away
// first, where the asker sees it.
type Cover struct {
	Path    string // of the file, from the root of the mount namespace, without symbolic links
	Dir     unix.Stat_t
	Release func() // is called before the mount is taken away
}

// uncover takes the mounts away that are on one of the names. Whether the call succeeds then is the
// kernel's to say.
func (s *server) uncover(n *listener.Notice, names []seccomp.Name) {
	for _, c := range s.covers {
		if slices.ContainsFunc(names, func(name seccomp.Name) bool { return c.isMeant(n, name) }) && s.listener.Waits(n) {
			c.remove(n)
		}
	}
}

func (c *Cover) remove(n *listener.Notice) {
	mounts := process.Open(int(n.PID), "ns/mnt", unix.O_RDONLY)
	if mounts < 0 {
		return
	}
	defer unix.Close(mounts)
	user, err := unix.IoctlRetInt(mounts, unix.NS_GET_USERNS)
	if err != nil {
		return
	}
	defer unix.Close(user)
	c.Release()
	const reason = "uncover a file"
	// It may fail: the file is not covered any more, or the mount is locked in a namespace of the
	// asker's.
	_, _ = launch.Perform(calls(reason, verb.Clone{}, verb.Inherit{Number: user, As: "user"}, verb.SetNS{FD: "user"},
		verb.Inherit{Number: mounts, As: "mounts"}, verb.SetNS{FD: "mounts"},
		verb.Unmount{Target: c.Path, Flags: unix.MNT_DETACH | unix.UMOUNT_NOFOLLOW}))
}

// isMeant tells whether a name that a call has is the covered file's. Most are not, which their
// last part tells.
func (c *Cover) isMeant(n *listener.Notice, name seccomp.Name) bool {
	at, errno := n.Path(n.Args[name.Path])
	if errno != 0 || path.Base(at) != path.Base(c.Path) {
		return false
	}
	dir, pid := path.Dir(at), int(n.PID)
	from := "root"
	if !path.IsAbs(at) {
		from = process.StartOf(name.DirOf(&n.Args))
	}
	start := openPath(pid, from)
	defer unix.Close(start)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC}
	if path.IsAbs(at) {
		how.Resolve = unix.RESOLVE_IN_ROOT
	}
	fd, err := unix.Openat2(start, dir, &how)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	return unix.Fstat(fd, &stat) == nil && identityOf(&stat) == identityOf(&c.Dir)
}
