// Package ns makes namespaces and maps ids: it turns what was asked into steps of a launch.
//
// It knows unshare(1)'s namespaces, id maps, propagation, credentials and death signal. It knows
// nothing of roots and rules.
package ns

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
)

// Options is what was asked of this package.
type Options struct {
	Kinds   Kind      // the new namespaces
	Persist []Persist // files that namespaces are bound on
	Fork    bool      // the target runs in a child even where it could be this process

	Users, Groups IDs       // what is mapped
	Setgroups     Setgroups // what is written to /proc/self/setgroups
	Owner         *Owner    // whose the user namespace is; nil for the caller

	Offer     Offer // what else is mapped, if it can be here
	refused   error // why not
	NeedsRoot bool  // a step needs user and group 0 in the namespace, which the target need not have (MapBack)

	SetUser, SetGroup *uint32 // what the target becomes inside; nil for no change
	KeepCaps          bool    // the target keeps its capabilities

	Monotonic, Boottime *int64 // offsets of the clocks in seconds (time_namespaces(7)); nil for none

	Propagate  Propagation // of the mounts in a new mount namespace
	KillChild  bool        // the target gets DeathSigno, not SIGKILL, when xunshare dies
	DeathSigno syscall.Signal
	Forward    bool // SIGTERM and SIGINT are passed on to the target
}

// AsRoot asks for namespaces of these kinds, besides one for users in which the caller alone is
// mapped, as root.
func AsRoot(kinds Kind) Options {
	return Options{Kinds: User | kinds, Users: IDs{Single: new(uint32)}, Groups: IDs{Single: new(uint32)}}
}

// IDs is what the users, or the groups, of a new user namespace are mapped to.
type IDs struct {
	Single *uint32      // the id inside that the caller's own id is mapped to; nil for none
	Name   string       // that of the single id in the host's database, until LookUp has found it
	Ranges []idmap.Spec // in the order of the command line
	Zero   *uint32      // whom 0 is mapped to if that is one of the ids of an automatic range; nil for nobody in particular
	AsRoot bool         // the target is 0, whoever that is outside, and not the caller's own id
}

// None tells whether nothing is mapped.
func (i IDs) None() bool { return !i.single() && len(i.Ranges) == 0 }

func (i IDs) single() bool { return i.Single != nil || i.Name != "" }

// SetSingle has the caller's own id mapped to one id inside.
func (i *IDs) SetSingle(id uint32) { i.Single, i.Name = &id, "" }

// Owner is the user and group that make a user namespace, and so own it (user_namespaces(7)).
type Owner struct{ User, Group uint32 }

// Persist binds a namespace on a file, which keeps it when all its processes are gone.
type Persist struct {
	Kind Kind
	File string
}

// Kind is a set of namespaces: CLONE_NEW* bits of clone(2).
type Kind uintptr

// The kinds of namespaces (namespaces(7)).
const (
	User   Kind = unix.CLONE_NEWUSER
	Mount  Kind = unix.CLONE_NEWNS
	UTS    Kind = unix.CLONE_NEWUTS
	IPC    Kind = unix.CLONE_NEWIPC
	Net    Kind = unix.CLONE_NEWNET
	PID    Kind = unix.CLONE_NEWPID
	Cgroup Kind = unix.CLONE_NEWCGROUP
	Time   Kind = unix.CLONE_NEWTIME
)

// Has tells whether k is in the set.
func (set Kind) Has(k Kind) bool { return set&k != 0 }

// file is the name of a kind in /proc/PID/ns. Of those that a process makes for its children it is
// theirs.
func (set Kind) file() string {
	switch set {
	case User:
		return "user"
	case Mount:
		return "mnt"
	case UTS:
		return "uts"
	case IPC:
		return "ipc"
	case Net:
		return "net"
	case PID:
		return "pid_for_children"
	case Cgroup:
		return "cgroup"
	}
	return "time_for_children"
}

// Setgroups is what may be written to /proc/PID/setgroups (user_namespaces(7)).
type Setgroups string

// The values of --setgroups; the zero value writes nothing.
const (
	SetgroupsAllow Setgroups = "allow"
	SetgroupsDeny  Setgroups = "deny"
)

// Propagation is how mounts spread between namespaces (mount_namespaces(7)).
type Propagation uint8

// The values of --propagation. Private is unshare(1)'s default.
const (
	Private Propagation = iota
	Slave
	Shared
	Unchanged
)

// Child tells whether the target is a child of xunshare: with --fork, and with a new user namespace
// always, because a process that has threads, as every Go program does, cannot enter one
// (unshare(2), EINVAL).
func (o *Options) Child() bool { return o.Fork || o.Kinds.Has(User) }

// OwnPIDs tells whether the target itself lives in a new pid namespace; without --fork only its
// children do.
func (o *Options) OwnPIDs() bool { return o.Fork && o.Kinds.Has(PID) }

// PivotAllowed tells whether the mounts of the target are its own, so that moving the root around
// is nobody else's concern. Mounts that stay shared with the caller's namespace are not: what is
// mounted there would show up here.
func (o *Options) PivotAllowed() bool {
	if !o.Kinds.Has(Mount) {
		return false
	}
	// The copy of shared mounts in a less privileged namespace is a slave (mount_namespaces(7)).
	return o.Kinds.Has(User) || o.Propagate == Private || o.Propagate == Slave
}
