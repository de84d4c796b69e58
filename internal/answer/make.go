package answer

import (
	"cmp"
	"errors"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
	"github.com/xunshare/xunshare/internal/verb"
)

// A node is a file that stands for a device.
type node struct {
	kind      int // of harmless; negative for another device, which is never shown
	maker     int // the process that has made it
	dir, file int // descriptors
	stat      unix.Stat_t
	scene     *scene
	bound     bool
}

// harmless are the devices that everybody may open anyhow, by the number that mknod(2) takes.
var harmless = [...]struct {
	number uint32
	name   string
}{{0x103, "null"}, {0x105, "zero"}, {0x107, "full"}, {0x108, "random"}, {0x109, "urandom"}, {0x500, "tty"}}

func kindOf(mode, number uint32) int {
	for i, d := range harmless {
		if mode&unix.S_IFMT == unix.S_IFCHR && d.number == number {
			return i
		}
	}
	return -1
}

const makeFile = "make a file in place of a device"

// make makes the file for a device. Where that is not possible because of the asker, not because of
// the file, the call succeeds without being made, as it does where nobody listens.
func (s *server) make(n *listener.Notice, dir int, address uint64, mode, number uint32) unix.Errno {
	name, errno := n.Path(address)
	pid := int(n.PID)
	who, in := askerOf(pid), s.sceneOf(pid)
	if errno == unix.EPERM || !who.able || in == nil {
		return 0
	}
	if path.IsAbs(name) {
		dir = unix.AT_FDCWD // which does not count then
	}
	start, failed := unix.Open(process.Path(pid, process.StartOf(dir)), unix.O_PATH|unix.O_CLOEXEC, 0)
	root := openPath(pid, "root")
	defer unix.Close(start)
	defer unix.Close(root)
	switch {
	case errno != 0:
		return errno
	case root < 0 || !s.listener.Waits(n):
		return 0
	case failed == unix.ENOENT:
		return unix.EBADF
	case failed != nil:
		return 0
	}
	folder, base := path.Split(name)
	folder = cmp.Or(folder, ".")
	steps := append(in.enterRoot(root, start), calls(makeFile, verb.Chdir{FD: "start"}, verb.OpenPath{Path: folder, As: "folder"},
		verb.Umask{Mask: who.umask}, verb.NewFile{Dir: "folder", Name: base, Mode: mode &^ unix.S_IFMT, As: "file"})...)
	handed, err := launch.Perform(append(steps, calls("keep the file", verb.HandOver{FD: "folder"}, verb.HandOver{FD: "file"})...))
	if err != nil {
		return askersError(err)
	}
	s.remember(&node{kind: kindOf(mode, number), maker: who.group, dir: handed[0], file: handed[1], scene: in})
	return 0
}

// askersError is the error that the asker gets if the file could not be made. If something has run
// out for this process or its helper, that is not the asker's error.
func askersError(err error) unix.Errno {
	var failed *verb.Error
	if !errors.As(err, &failed) || failed.Step.Reason != makeFile {
		return 0
	}
	switch errno := unix.Errno(failed.Errno); errno {
	case unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.EAGAIN:
		return 0
	default:
		return errno
	}
}

// enter is how a helper gets to a scene.
func (p *scene) enter() []verb.Step {
	steps := []verb.Step{{Call: verb.Clone{}, Reason: "start a helper"}}
	const reason = "go where the asker is"
	steps = append(steps, calls(reason, verb.Inherit{Number: p.user, As: "user"}, verb.SetNS{FD: "user"})...)
	if p.mounts >= 0 {
		steps = append(steps, calls(reason, verb.Inherit{Number: p.mounts, As: "mounts"}, verb.SetNS{FD: "mounts"})...)
	}
	return steps
}

// enterRoot is how a helper gets to a scene and into a root there. It keeps start open, from where
// it looks for paths as who is in that root does.
func (p *scene) enterRoot(root, start int) []verb.Step {
	return append(p.enter(), calls("go into the asker's root", verb.Inherit{Number: root, As: "root"}, verb.Inherit{Number: start, As: "start"},
		verb.Chdir{FD: "root"}, verb.Chroot{Path: "."})...)
}

// calls are steps of one reason.
func calls(reason string, list ...verb.Call) (steps []verb.Step) {
	for _, c := range list {
		steps = append(steps, verb.Step{Call: c, Reason: reason})
	}
	return steps
}

// manyScenes is when those without nodes are let go.
const manyScenes = 8

// remember keeps a node for as long as there is its file.
func (s *server) remember(n *node) {
	const many = 64
	_ = unix.Fstat(n.file, &n.stat)
	s.nodes = append(s.nodes, n)
	s.expectIn(n)
	if len(s.nodes) >= many {
		s.forget()
	}
}

// forget drops nodes that have been removed, and places that have none.
func (s *server) forget() {
	kept := s.nodes[:0]
	for _, n := range s.nodes {
		var now unix.Stat_t
		if unix.Fstat(n.file, &now) == nil && now.Nlink > 0 {
			kept = append(kept, n)
			continue
		}
		n.close()
	}
	s.nodes = kept
	s.scenes = slices.DeleteFunc(s.scenes, func(p *scene) bool {
		used := slices.ContainsFunc(kept, func(n *node) bool { return n.scene == p })
		if !used {
			p.close()
		}
		return !used
	})
}

func (n *node) close() {
	unix.Close(n.dir)
	unix.Close(n.file)
}
