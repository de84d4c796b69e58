package answer

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/verb"
)

// A guest is a process in a root that devices have been bound in.
type guest struct {
	pid   int
	pidfd int
	root  identity
	path  string // of the root
}

// identity tells files apart.
type identity struct{ dev, inode uint64 }

func identityOf(stat *unix.Stat_t) identity { return identity{uint64(stat.Dev), stat.Ino} }

func itoa(n int) string { return strconv.Itoa(n) }

// prepareRoot binds the devices of a root before a process enters it.
func (s *server) prepareRoot(n *listener.Notice) {
	if len(s.nodes) == 0 {
		return
	}
	root := s.openDir(n)
	if root < 0 {
		return
	}
	defer unix.Close(root)
	var stat unix.Stat_t
	if !s.listener.Waits(n) || unix.Fstat(root, &stat) != nil {
		return
	}
	where := linkOf(root)
	s.forget()
	some := s.bind(func(n *node) bool { return n.isUnder(where) })
	if some {
		s.watch(askerOf(int(n.PID)).group, identityOf(&stat), where)
	}
}

// openDir opens the directory that chroot(2) is called with; -1 if there is none, which is not to
// be told here. A relative path may lead up to the asker's root, but not out of it, and its links
// may start there: a helper looks for it from inside.
func (s *server) openDir(n *listener.Notice) int {
	name, errno := n.Path(n.Args[0])
	if errno != 0 {
		return -1
	}
	if !path.IsAbs(name) {
		return s.reach(n, name)
	}
	root := openPath(int(n.PID), "root")
	defer unix.Close(root)
	fd, err := unix.Openat2(root, name, &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
	if err != nil {
		return -1
	}
	return fd
}

// reach has a helper look for what the asker calls by a path, from inside its root; -1 if there is
// nothing. Directories that are closed to this process are open to root of the asker's namespace.
func (s *server) reach(n *listener.Notice, name string) int {
	root, start, in := openPath(int(n.PID), "root"), openPath(int(n.PID), "cwd"), s.sceneOf(int(n.PID))
	defer unix.Close(root)
	defer unix.Close(start)
	if root < 0 || in == nil {
		return -1
	}
	handed, err := launch.Perform(append(in.enterRoot(root, start), calls("look for a file", verb.Chdir{FD: "start"},
		verb.OpenPath{Path: name, As: "file"}, verb.HandOver{FD: "file"})...))
	if err != nil {
		return -1
	}
	return handed[0]
}

// linkOf is the path of an open file in its mount namespace.
func linkOf(fd int) string {
	link, _ := os.Readlink("/proc/self/fd/" + itoa(fd))
	return link
}

func (n *node) isUnder(root string) bool {
	return strings.HasPrefix(linkOf(n.file), strings.TrimRight(root, "/")+"/")
}

const bindDevices = "bind the devices of a root"

// bind binds the devices of those nodes that are chosen, and tells whether there are any.
func (s *server) bind(chosen func(*node) bool) (some bool) {
	for _, p := range s.scenes {
		var fresh []*node
		for _, n := range s.nodes {
			if n.scene != p || !chosen(n) || !n.bound && !n.isBindable() {
				continue
			}
			some = true
			if !n.bound {
				fresh = append(fresh, n)
			}
		}
		p.bind(fresh)
	}
	return some
}

// bind binds the devices of nodes that are the scene's, as far as it can.
func (p *scene) bind(nodes []*node) {
	if len(nodes) == 0 {
		return
	}
	steps := p.enter()
	for _, n := range nodes {
		steps = append(steps, calls(bindDevices, verb.Inherit{Number: n.file, As: "node"},
			verb.Inherit{Number: p.device(n.kind), As: "device"}, verb.Bind{From: "device", On: "node"},
			verb.Close{FD: "node"}, verb.Close{FD: "device"})...)
	}
	_, err := launch.Perform(steps)
	for _, n := range nodes {
		n.bound = err == nil
	}
}

// isBindable tells whether there is such a device, and the node is where it has been made, under
// any name. In the mount namespace of xunshare nobody inside can mount.
func (n *node) isBindable() bool {
	return n.kind >= 0 && n.scene.mounts >= 0 && n.isThere() && n.scene.device(n.kind) >= 0
}

// name is what the node is called now.
func (n *node) name() string { return path.Base(linkOf(n.file)) }

// isThere tells whether the node's file is what its directory shows.
func (n *node) isThere() bool {
	var now unix.Stat_t
	return unix.Fstatat(n.dir, n.name(), &now, unix.AT_SYMLINK_NOFOLLOW) == nil && identityOf(&now) == identityOf(&n.stat)
}

// watch has the devices of a root stay until a process has ended.
func (s *server) watch(pid int, root identity, where string) {
	if slices.ContainsFunc(s.guests, func(g guest) bool { return g.pid == pid && g.root == root }) {
		return
	}
	if fd, err := unix.PidfdOpen(pid, 0); err == nil {
		s.guests = append(s.guests, guest{pid, fd, root, where})
	}
}

// expectIn has a device that is made in a root that somebody is in bound when its maker has ended:
// until then that may want to change the mode of a file of its own.
func (s *server) expectIn(n *node) {
	for _, g := range s.guests {
		if n.isUnder(g.path) {
			s.watch(n.maker, g.root, g.path)
			return
		}
	}
}

// seeOff looks at the guests, some of which have ended. With the last one who is in a root its
// devices go, so that the tree can be removed.
func (s *server) seeOff(polled []unix.PollFd) {
	var gone []guest
	kept := s.guests[:0]
	for i, g := range s.guests {
		if polled[i].Revents == 0 {
			kept = append(kept, g)
			continue
		}
		unix.Close(g.pidfd)
		gone = append(gone, g)
	}
	s.guests = kept
	for _, g := range gone {
		s.bind(func(n *node) bool { return n.maker == g.pid && n.isUnder(g.path) })
		if slices.ContainsFunc(s.guests, func(other guest) bool { return other.root == g.root }) {
			continue
		}
		if pid := someoneIn(g.root); pid != 0 {
			s.watch(pid, g.root, g.path)
			continue
		}
		s.unbind(func(n *node) bool { return n.isUnder(g.path) })
	}
}

// someoneIn finds a process that has this root; 0 if there is none.
func someoneIn(root identity) int {
	proc, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(proc)
	buffer := make([]byte, 16<<10)
	for {
		n, err := unix.ReadDirent(proc, buffer)
		if err != nil || n <= 0 {
			return 0
		}
		_, _, names := unix.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			var stat unix.Stat_t
			pid, err := strconv.Atoi(name)
			if err == nil && unix.Fstatat(proc, name+"/root", &stat, 0) == nil && identityOf(&stat) == root {
				return pid
			}
		}
	}
}

// unbind takes devices away from chosen nodes again.
func (s *server) unbind(chosen func(*node) bool) {
	for _, p := range s.scenes {
		steps := p.enter()
		before := len(steps)
		for _, n := range s.nodes {
			if n.scene == p && n.bound && chosen(n) {
				steps = append(steps, calls("unbind a device", verb.Inherit{Number: n.dir, As: "folder"}, verb.Chdir{FD: "folder"},
					verb.Unmount{Target: n.name(), Flags: unix.MNT_DETACH | unix.UMOUNT_NOFOLLOW, Optional: true}, verb.Close{FD: "folder"})...)
				n.bound = false
			}
		}
		if len(steps) > before {
			_, _ = launch.Perform(steps)
		}
	}
}

// tidy removes the files that stand for devices, as far as nobody has written to them.
func (s *server) tidy() {
	s.unbind(func(*node) bool { return true })
	for _, n := range s.nodes {
		var now unix.Stat_t
		if unix.Fstat(n.file, &now) == nil && now.Size == 0 && n.isThere() {
			_ = unix.Unlinkat(n.dir, n.name(), 0)
		}
		n.close()
	}
	for _, p := range s.scenes {
		p.close()
	}
	for _, g := range s.guests {
		unix.Close(g.pidfd)
	}
}
