package verb

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// DropGroups gives up all supplementary groups (setgroups(2)).
type DropGroups struct{}

func (DropGroups) String() string { return "setgroups(0, NULL)" }

func (DropGroups) Needs() Need { return OwnMemory }

func (DropGroups) Lower(p *machine.Program) {
	p.Syscall("setgroups", "", sysSetgroups, num(0), num(0))
}

// SetGroup is setgid(2).
type SetGroup struct{ ID uint32 }

func (g SetGroup) String() string { return fmt.Sprintf("setgid(%d)", g.ID) }

func (SetGroup) Needs() Need { return OwnMemory }

func (g SetGroup) Lower(p *machine.Program) { p.Syscall("setgid", "", sysSetgid, num(uintptr(g.ID))) }

// SetUser is setuid(2).
type SetUser struct{ ID uint32 }

func (u SetUser) String() string { return fmt.Sprintf("setuid(%d)", u.ID) }

func (SetUser) Needs() Need { return OwnMemory }

func (u SetUser) Lower(p *machine.Program) { p.Syscall("setuid", "", sysSetuid, num(uintptr(u.ID))) }

// OpenMemory lets the parent look at the child's files in /proc again after a change of ids
// (PR_SET_DUMPABLE(2const)).
type OpenMemory struct{}

func (OpenMemory) String() string { return "prctl(PR_SET_DUMPABLE, 1)" }

func (OpenMemory) Needs() Need { return OwnMemory }

func (OpenMemory) Lower(p *machine.Program) {
	p.Syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_DUMPABLE), num(1))
}

// KeepCapabilities makes all capabilities up to Last inheritable and ambient, so that they survive
// execve(2) of a user other than root (capabilities(7)). A process that has lost them by then keeps
// none, which is no error.
type KeepCapabilities struct{ Last int }

func (k KeepCapabilities) String() string {
	return fmt.Sprintf("capset(all of 0..%d inheritable), prctl(PR_CAP_AMBIENT_RAISE, each)", k.Last)
}

func (KeepCapabilities) Needs() Need { return OwnMemory }

func (k KeepCapabilities) Lower(p *machine.Program) {
	all := uint64(1)<<(k.Last+1) - 1
	header := machine.Put(p, unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3})
	set := func(word uint32) unix.CapUserData {
		return unix.CapUserData{Effective: word, Permitted: word, Inheritable: word}
	}
	data := machine.Put(p, [2]unix.CapUserData{set(uint32(all)), set(uint32(all >> 32))})
	p.Attempt("capset", unix.SYS_CAPSET, header, data)
	for c := 0; c <= k.Last; c++ {
		p.Attempt("prctl", unix.SYS_PRCTL, num(unix.PR_CAP_AMBIENT), num(unix.PR_CAP_AMBIENT_RAISE), num(c), num(0), num(0))
	}
}
