// Package ns makes namespaces and maps ids: it turns what was asked into steps of a launch.
//
// It knows unshare(1)'s namespaces, id maps, propagation and death signal. It knows nothing of roots and rules.
package ns

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Options is what was asked of this package, validated.
type Options struct {
	Kinds      Kind        // the new namespaces
	Fork       bool        // the target runs in a child even where it could be this process
	User       *uint32     // the id inside that the caller's user is mapped to; nil for no map
	Group      *uint32     // the same for the group
	Setgroups  Setgroups   // what is written to /proc/self/setgroups
	Propagate  Propagation // of the mounts in a new mount namespace
	KillChild  bool        // the target gets DeathSignal, not SIGKILL, when xunshare dies
	DeathSigno syscall.Signal
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

// Facts is what is so for the caller.
type Facts struct {
	UID, GID int // effective
}

// Child tells whether the target is a child of xunshare: with --fork, and with a new user namespace always, because
// a process that has threads, as every Go program does, cannot enter one (unshare(2), EINVAL).
func (o *Options) Child() bool { return o.Fork || o.Kinds.Has(User) }

// OwnPIDs tells whether the target itself lives in a new pid namespace; without --fork only its children do.
func (o *Options) OwnPIDs() bool { return o.Fork && o.Kinds.Has(PID) }

// PivotAllowed tells whether the mounts of the target are its own, so that moving the root around is nobody else's
// concern. Mounts that stay shared with the caller's namespace are not: what is mounted there would show up here.
func (o *Options) PivotAllowed() bool {
	if !o.Kinds.Has(Mount) {
		return false
	}
	// The copy of shared mounts in a less privileged namespace is a slave (mount_namespaces(7)).
	return o.Kinds.Has(User) || o.Propagate == Private || o.Propagate == Slave
}
