package ns

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/verb"
)

// Create makes the namespaces: first of all steps.
func (o *Options) Create() []verb.Step {
	var steps []verb.Step
	if o.Owner != nil {
		steps = become(&o.Owner.User, &o.Owner.Group, "become the owner of the user namespace")
	}
	kinds := o.Kinds &^ o.late()
	switch {
	case o.Child():
		return append(steps, verb.Step{Call: verb.Clone{Flags: uintptr(kinds)}, Reason: "start a child in new namespaces"})
	case o.Kinds != 0:
		return append(steps, enter(o.Kinds))
	}
	return steps
}

func enter(kinds Kind) verb.Step {
	return verb.Step{Call: verb.Unshare{Flags: uintptr(kinds)}, Reason: "enter new namespaces"}
}

// late is the set of namespaces that a child enters by itself: the time namespace, which clone(2)
// cannot make (its bit is part of the exit signal), and a pid namespace that is meant for its
// children only.
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

// Map writes the id maps and then enters the namespaces that are left. A map of one id is written
// from inside, as every user may (user_namespaces(7)); any other by the parent, or by the helpers
// that have the privilege.
func (o *Options) Map(f Facts) []verb.Step {
	if o.nested(f) {
		outer, facts := o.outer(f)
		return outer.Map(facts)
	}
	var steps []verb.Step
	if f.Users == nil && o.Users.Single != nil {
		steps = append(steps, write("uid_map", mapLine(*o.Users.Single, f.UID), mapUsers))
	}
	if s := o.setgroups(f); s != "" {
		steps = append(steps, write("setgroups", string(s), "set whether setgroups(2) may be called"))
	}
	if f.Groups == nil && o.Groups.Single != nil {
		steps = append(steps, write("gid_map", mapLine(*o.Groups.Single, f.GID), mapGroups))
	}
	steps = append(steps, mapByParent("uid_map", f.UIDMap, f.Users, mapUsers)...)
	steps = append(steps, mapByParent("gid_map", f.GIDMap, f.Groups, mapGroups)...)
	steps = append(steps, becomeRoot(f)...)
	if late := o.late(); late != 0 {
		steps = append(steps, enter(late))
	}
	steps = append(steps, o.setClocks()...)
	if o.Child() && o.Kinds.Has(Time) {
		steps = append(steps, verb.Step{Call: verb.EnterTime{}, Reason: "enter the time namespace"})
	}
	return steps
}

const (
	mapUsers  = "map the users"
	mapGroups = "map the groups"
)

// setgroups is what to write before the gid map: mapping a group without privilege takes disabling
// setgroups(2) first (Linux 3.19, commit 9cc46516ddf4).
func (o *Options) setgroups(f Facts) Setgroups {
	if o.Groups.Single != nil && f.Groups == nil {
		return SetgroupsDeny
	}
	return o.Setgroups
}

func mapByParent(file, helper string, m idmap.Map, reason string) []verb.Step {
	switch {
	case m == nil:
		return nil
	case helper == "":
		return []verb.Step{{Call: verb.WriteMap{File: file, Text: m.String()}, Reason: reason}}
	}
	return []verb.Step{{Call: verb.Helper{Path: helper, Args: m.Args()}, Reason: reason}}
}

// setClocks sets the offsets of a new time namespace, which is possible only before its first
// process (time_namespaces(7)).
func (o *Options) setClocks() []verb.Step {
	var steps []verb.Step
	if o.Boottime != nil {
		steps = append(steps, write("timens_offsets", clockLine(unix.CLOCK_BOOTTIME, *o.Boottime), "set the boot-time clock"))
	}
	if o.Monotonic != nil {
		steps = append(steps, write("timens_offsets", clockLine(unix.CLOCK_MONOTONIC, *o.Monotonic), "set the monotonic clock"))
	}
	return steps
}

func clockLine(clock int, seconds int64) string { return fmt.Sprintf("%d %d 0", clock, seconds) }

// Keep binds namespaces on files, before the target can start.
func (o *Options) Keep() []verb.Step {
	var steps []verb.Step
	for _, p := range o.Persist {
		steps = append(steps, verb.Step{Call: verb.Persist{Kind: p.Kind.file(), File: p.File}, Reason: "keep the namespace"})
	}
	return steps
}

func write(file, text, reason string) verb.Step {
	return verb.Step{Call: verb.WriteFile{Path: "/proc/self/" + file, Text: text}, Reason: reason}
}

func mapLine(inside uint32, outside int) string {
	return fmt.Sprintf("%d %d 1", inside, outside)
}

// Spread sets the propagation of all mounts, unless it has to wait for SpreadLate.
func (o *Options) Spread(pivot bool) []verb.Step {
	if !o.Kinds.Has(Mount) || (pivot && o.Propagate == Shared) {
		return nil
	}
	return o.spread()
}

// SpreadLate sets the propagation after a pivot_root(2), which refuses shared mounts.
func (o *Options) SpreadLate(pivot bool) []verb.Step {
	if !pivot || o.Propagate != Shared {
		return nil
	}
	return o.spread()
}

func (o *Options) spread() []verb.Step {
	kinds := [...]uintptr{Private: unix.MS_PRIVATE, Slave: unix.MS_SLAVE, Shared: unix.MS_SHARED, Unchanged: 0}
	kind := kinds[o.Propagate]
	if kind == 0 {
		return nil
	}
	return []verb.Step{{Call: verb.Propagation("/", kind), Reason: "set the propagation of all mounts"}}
}

// Become gives the target its ids and capabilities, and ties it to xunshare's life: during set-up
// the signal was SIGKILL, and the kernel forgets it when credentials change. The filter, steps that
// need the privileges of root of the namespace, comes after the calls that it could change, and
// before the user changes and the privileges are lost.
func (o *Options) Become(f Facts, filter []verb.Step) []verb.Step {
	const reason = "become the user and the group of --setuid and --setgid"
	steps, last := become(nil, o.SetGroup, reason), become(o.SetUser, nil, reason)
	changed := len(steps)+len(last) > 0
	if o.SetUser != nil && !o.mapsUser(f, *o.SetUser) { // the kernel has to refuse it, which a filter might keep it from
		steps, last = append(steps, last...), nil
	}
	steps = append(append(steps, filter...), last...)
	if o.KeepCaps && o.Kinds.Has(User) {
		steps = append(steps, verb.Step{Call: verb.KeepCapabilities{Last: f.LastCap}, Reason: "keep the capabilities"})
		changed = true
	}
	death := unix.SIGKILL
	if o.KillChild {
		death = o.DeathSigno
	}
	if o.Child() && (changed || death != unix.SIGKILL) {
		steps = append(steps, verb.Step{Call: verb.DeathSignal{Signal: death}, Reason: "tie the target to xunshare's life"})
	}
	return steps
}

// become changes the group first, while that is still allowed, and gives up the other groups for it
// as unshare(1) does.
func become(user, group *uint32, reason string) []verb.Step {
	var steps []verb.Step
	if group != nil {
		steps = append(steps, verb.Step{Call: verb.DropGroups{}, Reason: reason}, verb.Step{Call: verb.SetGroup{ID: *group}, Reason: reason})
	}
	if user != nil {
		steps = append(steps, verb.Step{Call: verb.SetUser{ID: *user}, Reason: reason})
	}
	return steps
}
