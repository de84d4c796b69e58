package launch

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DropGroups gives up all supplementary groups (setgroups(2)).
type DropGroups struct{}

func (DropGroups) String() string { return "setgroups(0, NULL)" }

func (DropGroups) needs() need { return ownMemory }

func (DropGroups) lower(p *program) {
	p.syscall("setgroups", "", sysSetgroups, num(0), num(0))
}

// SetGroup is setgid(2).
type SetGroup struct{ ID uint32 }

func (g SetGroup) String() string { return fmt.Sprintf("setgid(%d)", g.ID) }

func (SetGroup) needs() need { return ownMemory }

func (g SetGroup) lower(p *program) { p.syscall("setgid", "", sysSetgid, num(uintptr(g.ID))) }

// SetUser is setuid(2).
type SetUser struct{ ID uint32 }

func (u SetUser) String() string { return fmt.Sprintf("setuid(%d)", u.ID) }

func (SetUser) needs() need { return ownMemory }

func (u SetUser) lower(p *program) { p.syscall("setuid", "", sysSetuid, num(uintptr(u.ID))) }

// OpenMemory lets the parent look at the child's files in /proc again after a change of ids (PR_SET_DUMPABLE(2const)).
type OpenMemory struct{}

func (OpenMemory) String() string { return "prctl(PR_SET_DUMPABLE, 1)" }

func (OpenMemory) needs() need { return ownMemory }

func (OpenMemory) lower(p *program) {
	p.syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_DUMPABLE), num(1))
}

// KeepCapabilities makes all capabilities up to Last inheritable and ambient, so that they survive execve(2) of a user
// other than root (capabilities(7)). A process that has lost them by then keeps none, which is no error.
type KeepCapabilities struct{ Last int }

func (k KeepCapabilities) String() string {
	return fmt.Sprintf("capset(all of 0..%d inheritable), prctl(PR_CAP_AMBIENT_RAISE, each)", k.Last)
}

func (KeepCapabilities) needs() need { return ownMemory }

func (k KeepCapabilities) lower(p *program) {
	all := uint64(1)<<(k.Last+1) - 1
	header := p.bytes(make([]byte, unsafe.Sizeof(unix.CapUserHeader{})))
	*(*unix.CapUserHeader)(unsafe.Pointer(&p.data[header.value])) = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	set := func(word uint32) unix.CapUserData {
		return unix.CapUserData{Effective: word, Permitted: word, Inheritable: word}
	}
	data := p.bytes(make([]byte, 2*unsafe.Sizeof(unix.CapUserData{})))
	*(*[2]unix.CapUserData)(unsafe.Pointer(&p.data[data.value])) = [2]unix.CapUserData{set(uint32(all)), set(uint32(all >> 32))}
	p.attempt("capset", unix.SYS_CAPSET, header, data)
	for c := 0; c <= k.Last; c++ {
		p.attempt("prctl", unix.SYS_PRCTL, num(unix.PR_CAP_AMBIENT), num(unix.PR_CAP_AMBIENT_RAISE), num(c), num(0), num(0))
	}
}
