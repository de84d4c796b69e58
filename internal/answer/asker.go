package answer

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/process"
	"github.com/xunshare/xunshare/internal/verb"
)

// An asker is the process that makes a notified call, as far as it matters for a file that it
// makes.
type asker struct {
	group int // its thread group, the process
	umask uint32
	able  bool // a helper may do no more than it: it is this process's user, in its groups, with all capabilities
}

// askerOf reads its status.
func askerOf(pid int) asker {
	s, err := process.StatusOf(pid)
	all := uint64(1)<<(lastCapability()+1) - 1
	isMine := s.Users[3] == uint32(os.Geteuid()) && s.Groups[3] == uint32(os.Getegid()) && slices.Equal(s.Others, ownGroups())
	return asker{group: s.Process, umask: s.Umask, able: err == nil && isMine && s.Effective == all}
}

// ownGroups are this process's supplementary groups, as process.Status has them.
func ownGroups() []uint32 {
	groups, _ := unix.Getgroups()
	slices.Sort(groups)
	list := make([]uint32, len(groups))
	for i, g := range groups {
		list[i] = uint32(g)
	}
	return list
}

// lastCapability is the highest that this kernel has.
func lastCapability() int {
	text, _ := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	last, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return last
}

// A scene is where askers are: a mount namespace and the user namespace that they are in there.
type scene struct {
	user, mounts     int // descriptors; mounts is -1 for this process's own mount namespace
	userID, mountsID uint64
	devices          [len(harmless)]device
}

// A device is one of the harmless, as seen in a scene.
type device struct {
	known bool
	fd    int // negative where it is not to be had
}

// device returns a device of the host as the scene's /dev shows it; -1 if it does not.
func (p *scene) device(kind int) int {
	d := &p.devices[kind]
	if d.known {
		return d.fd
	}
	*d = device{true, -1}
	const reason = "look for a device"
	handed, err := launch.Perform(append(p.enter(), calls(reason, verb.OpenPath{Path: "/dev/" + harmless[kind].name, As: "device"},
		verb.HandOver{FD: "device"})...))
	var stat unix.Stat_t
	if err != nil || len(handed) != 1 {
		return -1
	}
	if unix.Fstat(handed[0], &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFCHR || stat.Rdev != uint64(harmless[kind].number) {
		unix.Close(handed[0])
		return -1
	}
	d.fd = handed[0]
	return d.fd
}

// sceneOf returns the scene of a process, nil if it cannot be known.
func (s *server) sceneOf(pid int) *scene {
	userID, mountsID := inodeOf(pid, "ns/user"), inodeOf(pid, "ns/mnt")
	for _, p := range s.scenes {
		if p.userID == userID && p.mountsID == mountsID {
			return p
		}
	}
	p := &scene{user: process.Open(pid, "ns/user", unix.O_RDONLY), mounts: -1, userID: userID, mountsID: mountsID}
	if mountsID != inodeOf(os.Getpid(), "ns/mnt") {
		if p.mounts = process.Open(pid, "ns/mnt", unix.O_RDONLY); p.mounts < 0 {
			p.close()
			return nil
		}
	}
	if p.user < 0 {
		p.close()
		return nil
	}
	if len(s.scenes) >= manyScenes {
		s.forget()
	}
	s.scenes = append(s.scenes, p)
	return p
}

func (p *scene) close() {
	unix.Close(p.user)
	unix.Close(p.mounts)
	for _, d := range p.devices {
		if d.known {
			unix.Close(d.fd)
		}
	}
}
