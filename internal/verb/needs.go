package verb

import (
	"slices"
)

// A Need is what a verb asks of the launch around it, beside its own system calls. Every verb
// declares its needs: one that does not is no Call, and does not compile. So nobody has to ask
// which verb a step is, and a new verb cannot share the parent's memory because somebody forgot to
// forbid it.
type Need uint8

const (
	// OwnMemory keeps the child from borrowing the parent's memory. A change of credentials needs
	// it: it makes the memory undumpable, and then the parent's files in /proc are another user's
	// (PR_SET_DUMPABLE(2const)). So does a new time namespace or a further user namespace: the
	// kernel refuses them to a process that shares its memory (timens_install in
	// kernel/time/namespace.c, EUSERS; check_unshare_flags in kernel/fork.c).
	OwnMemory Need = 1 << iota
	// ParentsHelp has the parent perform the step while the child waits: the verb is a task. The
	// parent cannot work while its thread sleeps, so the child has memory of its own then.
	ParentsHelp
	// Alone has the step performed by itself: all before it has been done, and nothing after.
	Alone
	// ToParent sends a descriptor to the parent, one that launch.Perform returns.
	ToParent
	// Listens sends the listener of a filter to the parent, which serves it while the target runs.
	Listens
	// HeldMounts keeps the child's mount namespace for as long as the parent lives. Rules end with
	// the last mount of their instance, and a target may leave the mount namespace that it is in
	// (unshare --mount), and unmount it in the next one.
	HeldMounts

	// Nothing is no need.
	Nothing Need = 0
)

// Wants tells whether a step has one of these needs.
func (s Step) Wants(n Need) bool { return s.Call.Needs()&n != 0 }

// Want tells whether one of the steps has one of these needs.
func Want(steps []Step, n Need) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return s.Wants(n) })
}

// CanShare tells whether the child that performs the steps may borrow the parent's memory.
func CanShare(steps []Step) bool { return !Want(steps, OwnMemory|ParentsHelp) }
