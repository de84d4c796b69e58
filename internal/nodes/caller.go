package nodes

import (
	"os"
	"strconv"
	"strings"

	"fmt"

	"golang.org/x/sys/unix"
)

// A caller is who makes a call, as far as it matters for a file that it makes.
type caller struct {
	group int // its thread group, the process
	umask uint32
	able  bool // it is this process's user, and has CAP_MKNOD in its user namespace
}

// lookAt reads proc_pid_status(5).
func lookAt(pid int) (c caller) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return c
	}
	mine, capable := false, false
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		switch name {
		case "Umask":
			mask, _ := strconv.ParseUint(value, 8, 32)
			c.umask = uint32(mask)
		case "Tgid":
			c.group, _ = strconv.Atoi(value)
		case "Uid": // real, effective, saved, for files
			ids := strings.Fields(value)
			mine = ids[len(ids)-1] == strconv.Itoa(os.Geteuid())
		case "CapEff":
			set, _ := strconv.ParseUint(value, 16, 64)
			capable = set>>unix.CAP_MKNOD&1 != 0
		}
	}
	c.able = mine && capable
	return c
}

// A place is where callers are: a mount namespace and the user namespace that they are in there.
type place struct {
	user, mounts     int // descriptors; mounts is -1 for this process's own mount namespace
	userID, mountsID uint64
}

// placeOf returns the place of a process, nil if it cannot be known.
func (s *server) placeOf(pid int) *place {
	userID, mountsID := inodeOf(pid, "ns/user"), inodeOf(pid, "ns/mnt")
	for _, p := range s.places {
		if p.userID == userID && p.mountsID == mountsID {
			return p
		}
	}
	p := &place{user: openAs(pid, "ns/user", unix.O_RDONLY), mounts: -1, userID: userID, mountsID: mountsID}
	if mountsID != inodeOf(os.Getpid(), "ns/mnt") {
		if p.mounts = openAs(pid, "ns/mnt", unix.O_RDONLY); p.mounts < 0 {
			return nil
		}
	}
	if p.user < 0 {
		return nil
	}
	s.places = append(s.places, p)
	return p
}
