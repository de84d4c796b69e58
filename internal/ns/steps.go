package ns

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
)

// Create makes the namespaces: first of all steps.
func (o *Options) Create() []launch.Step {
	kinds := o.Kinds &^ o.late()
	switch {
	case o.Child():
		return []launch.Step{{Call: launch.Clone{Flags: uintptr(kinds)}, Reason: "start a child in new namespaces"}}
	case o.Kinds != 0:
		return []launch.Step{{Call: launch.Unshare{Flags: uintptr(o.Kinds)}, Reason: "enter new namespaces"}}
	}
	return nil
}

// late is the set of namespaces that a child enters by itself: the time namespace, which clone(2) cannot make
// (its bit is part of the exit signal), and a pid namespace that is meant for its children only.
func (o *Options) late() Kind {
	if !o.Child() {
		return 0
	}
	late := o.Kinds & Time
	if !o.Fork {
		late |= o.Kinds & PID
	}
	return late
}

// Map writes the id maps from inside, as every user may for an id of their own (user_namespaces(7)), and then
// enters the namespaces that are left.
func (o *Options) Map(f Facts) []launch.Step {
	var steps []launch.Step
	if o.User != nil {
		steps = append(steps, write("uid_map", mapLine(*o.User, f.UID), "map the user"))
	}
	if s := o.setgroups(); s != "" {
		steps = append(steps, write("setgroups", string(s), "set whether setgroups(2) may be called"))
	}
	if o.Group != nil {
		steps = append(steps, write("gid_map", mapLine(*o.Group, f.GID), "map the group"))
	}
	if late := o.late(); late != 0 {
		steps = append(steps, launch.Step{Call: launch.Unshare{Flags: uintptr(late)}, Reason: "enter new namespaces"})
	}
	return steps
}

// setgroups is what to write before the gid map: who maps a group without privilege has to give setgroups(2) up
// first (Linux 3.19, commit 9cc46516ddf4).
func (o *Options) setgroups() Setgroups {
	if o.Group != nil {
		return SetgroupsDeny
	}
	return o.Setgroups
}

func write(file, text, reason string) launch.Step {
	return launch.Step{Call: launch.WriteFile{Path: "/proc/self/" + file, Text: text}, Reason: reason}
}

func mapLine(inside uint32, outside int) string {
	return fmt.Sprintf("%d %d 1", inside, outside)
}

// Spread sets the propagation of all mounts, unless it has to wait for SpreadLate.
func (o *Options) Spread(pivot bool) []launch.Step {
	if !o.Kinds.Has(Mount) || (pivot && o.Propagate == Shared) {
		return nil
	}
	return o.spread()
}

// SpreadLate sets the propagation after a pivot_root(2), which refuses shared mounts.
func (o *Options) SpreadLate(pivot bool) []launch.Step {
	if !pivot || o.Propagate != Shared {
		return nil
	}
	return o.spread()
}

func (o *Options) spread() []launch.Step {
	kinds := [...]uintptr{Private: unix.MS_PRIVATE, Slave: unix.MS_SLAVE, Shared: unix.MS_SHARED, Unchanged: 0}
	kind := kinds[o.Propagate]
	if kind == 0 {
		return nil
	}
	return []launch.Step{{Call: launch.Propagation("/", kind), Reason: "set the propagation of all mounts"}}
}

// Bind sets what becomes of the target when xunshare dies. During set-up that was SIGKILL; it stays so unless another
// signal was asked for.
func (o *Options) Bind() []launch.Step {
	if !o.Child() || !o.KillChild || o.DeathSigno == unix.SIGKILL {
		return nil
	}
	return []launch.Step{{Call: launch.DeathSignal{Signal: o.DeathSigno}, Reason: "tie the target to xunshare's life"}}
}
