package verb

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Unshare moves the process into new namespaces (unshare(2)).
type Unshare struct{ Flags uintptr }

func (u Unshare) String() string { return "unshare(" + flags(u.Flags, cloneFlags) + ")" }

func (u Unshare) Needs() Need {
	if u.Flags&unix.CLONE_NEWUSER != 0 {
		return OwnMemory
	}
	return Nothing
}

func (u Unshare) Lower(p *machine.Program) {
	p.Syscall("unshare", "", unix.SYS_UNSHARE, num(u.Flags))
}

// SetNS enters a namespace (setns(2)): FD was opened on a file of /proc/PID/ns.
type SetNS struct{ FD FD }

func (s SetNS) String() string { return "setns(" + string(s.FD) + ")" }

func (SetNS) Needs() Need { return OwnMemory }

func (s SetNS) Lower(p *machine.Program) { p.Syscall("setns", "", unix.SYS_SETNS, p.FD(s.FD), num(0)) }

// EnterTime enters the time namespace that unshare(2) has made for the children (setns(2)). By
// itself that happens when a process executes a program, but only since Linux 6.2 (commit
// 2b5f9dad32ed). The clocks are set before.
type EnterTime struct{}

const childrensTime = "/proc/self/ns/time_for_children"

func (EnterTime) String() string { return "setns(open(" + quote(childrensTime) + "), CLONE_NEWTIME)" }

func (EnterTime) Needs() Need { return OwnMemory }

func (EnterTime) Lower(p *machine.Program) {
	const ns FD = "time"
	p.Open(ns, "open", childrensTime, unix.SYS_OPENAT, cwd(), p.Str(childrensTime), num(unix.O_RDONLY|unix.O_CLOEXEC))
	p.Syscall("setns", childrensTime, unix.SYS_SETNS, p.FD(ns), num(unix.CLONE_NEWTIME))
	p.Close(ns)
}

// EnterUser moves the process into a user namespace inside its own (unshare(2), CLONE_NEWUSER) and
// maps its ids, "" for none. The maps are those that only a process with the privileges of the
// namespace that is left can write (user_namespaces(7), "Defining user and group ID mappings"): a
// helper, a child that stays behind, does.
type EnterUser struct{ Users, Groups string }

func (e EnterUser) String() string {
	return fmt.Sprintf("unshare(CLONE_NEWUSER), uid_map %s, gid_map %s by a child", quote(e.Users), quote(e.Groups))
}

// helperPatience is how long the helper waits at most, in seconds. It matters only if the process
// is killed before the helper has asked to die with it.
const helperPatience = 10

func (EnterUser) Needs() Need { return OwnMemory }

func (e EnterUser) Lower(p *machine.Program) {
	const self, helper FD = "self", "helper"
	p.Open(self, "open", "/proc/self", unix.SYS_OPENAT, cwd(), p.Str("/proc/self"), num(unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC))
	processGoesOn := p.Beside(helper)
	lowerHelper(p, self, e)
	processGoesOn()
	p.Syscall("unshare", "", unix.SYS_UNSHARE, num(unix.CLONE_NEWUSER))
	p.Syscall("kill", "", unix.SYS_KILL, p.FD(helper), num(int(unix.SIGUSR1)))
	p.Syscall("wait4", "", unix.SYS_WAIT4, p.FD(helper), num(0), num(0), num(0))
	p.Proven()
	p.Forget(helper)
	p.Close(self)
}

// lowerHelper appends what the helper does: it waits until the process is in the new namespace, and
// then writes.
func lowerHelper(p *machine.Program, self FD, e EnterUser) {
	DeathSignal{unix.SIGKILL}.Lower(p)
	patience := machine.Put(p, unix.Timespec{Sec: helperPatience})
	set := p.Bytes(binary.NativeEndian.AppendUint64(nil, uint64(machine.SetOf(unix.SIGUSR1)))) // blocked, as all are
	p.Syscall("rt_sigtimedwait", "", unix.SYS_RT_SIGTIMEDWAIT, set, num(0), patience, num(machine.SigsetSize))
	if e.Users != "" {
		WriteFile{Dir: self, Path: "uid_map", Text: e.Users}.Lower(p)
	}
	if e.Groups != "" {
		WriteFile{Dir: self, Path: "gid_map", Text: e.Groups}.Lower(p)
	}
	p.Leave()
}
