package launch

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// EnterUser moves the process into a user namespace inside its own (unshare(2), CLONE_NEWUSER) and maps its ids, "" for
// none. The maps are those that only a process with the privileges of the namespace that is left can write
// (user_namespaces(7), "Defining user and group ID mappings"): a helper, a child that stays behind, does.
type EnterUser struct{ Users, Groups string }

func (e EnterUser) String() string {
	return fmt.Sprintf("unshare(CLONE_NEWUSER), uid_map %s, gid_map %s by a child", quote(e.Users), quote(e.Groups))
}

// helperPatience is how long the helper waits at most, in seconds. It matters only if the process is killed before the
// helper has asked to die with it.
const helperPatience = 10

func (EnterUser) needs() need { return ownMemory }

func (e EnterUser) lower(p *program) {
	const self, helper FD = "self", "helper"
	p.open(self, "open", "/proc/self", unix.SYS_OPENAT, cwd(), p.str("/proc/self"), num(unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC))
	processGoesOn := p.beside(helper)
	p.lowerHelper(self, e)
	processGoesOn()
	p.syscall("unshare", "", unix.SYS_UNSHARE, num(unix.CLONE_NEWUSER))
	p.syscall("kill", "", unix.SYS_KILL, p.fd(helper), num(int(unix.SIGUSR1)))
	p.syscall("wait4", "", unix.SYS_WAIT4, p.fd(helper), num(0), num(0), num(0))
	p.add(call{mode: proven, result: noSlot}, "wait4", "")
	p.slots[p.slot(helper)] = ""
	p.close(self)
}

// lowerHelper appends what the helper does: it waits until the process is in the new namespace, and then writes.
func (p *program) lowerHelper(self FD, e EnterUser) {
	DeathSignal{unix.SIGKILL}.lower(p)
	patience := p.bytes(make([]byte, unsafe.Sizeof(unix.Timespec{})))
	*(*unix.Timespec)(unsafe.Pointer(&p.data[patience.value])) = unix.Timespec{Sec: helperPatience}
	set := p.bytes(binary.NativeEndian.AppendUint64(nil, uint64(setOf(unix.SIGUSR1)))) // blocked, as all are
	p.syscall("rt_sigtimedwait", "", unix.SYS_RT_SIGTIMEDWAIT, set, num(0), patience, num(sigsetSize))
	if e.Users != "" {
		WriteFile{Dir: self, Path: "uid_map", Text: e.Users}.lower(p)
	}
	if e.Groups != "" {
		WriteFile{Dir: self, Path: "gid_map", Text: e.Groups}.lower(p)
	}
	p.add(call{mode: leave, result: noSlot}, "exit_group", "")
}
