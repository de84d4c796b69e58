package answer

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/verb"
)

// An asker is the process that makes a notified call, as far as it matters for a file that it
// makes.
type asker struct {
	group int // its thread group, the process
	umask uint32
	able  bool // a helper may do no more than it: it is this process's user, in its groups, with all capabilities
}

// askerOf reads proc_pid_status(5).
func askerOf(pid int) (c asker) {
	text, err := os.ReadFile(inProc(pid, "status"))
	if err != nil {
		return c
	}
	mine, capable := 0, false
	own, all := ownGroups(), uint64(1)<<(lastCapability()+1)-1
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":\t")
		value = strings.TrimSpace(value)
		switch name {
		case "Umask":
			mask, _ := strconv.ParseUint(value, 8, 32)
			c.umask = uint32(mask)
		case "Tgid":
			c.group, _ = strconv.Atoi(value)
		case "Uid": // real, effective, saved, for files
			ids := strings.Fields(value)
			mine += flag(ids[len(ids)-1] == strconv.Itoa(os.Geteuid()))
		case "Gid":
			ids := strings.Fields(value)
			mine += flag(ids[len(ids)-1] == strconv.Itoa(os.Getegid()))
		case "Groups":
			mine += flag(slices.Equal(strings.Fields(value), own))
		case "CapEff":
			set, _ := strconv.ParseUint(value, 16, 64)
			capable = set == all
		}
	}
	c.able = mine == 3 && capable
	return c
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ownGroups are this process's supplementary groups, as proc_pid_status(5) has them.
func ownGroups() []string {
	groups, _ := unix.Getgroups()
	slices.Sort(groups)
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = strconv.Itoa(g)
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
	p := &scene{user: openAs(pid, "ns/user", unix.O_RDONLY), mounts: -1, userID: userID, mountsID: mountsID}
	if mountsID != inodeOf(os.Getpid(), "ns/mnt") {
		if p.mounts = openAs(pid, "ns/mnt", unix.O_RDONLY); p.mounts < 0 {
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
