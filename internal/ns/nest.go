package ns

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/verb"
)

// A namespace without a user 0 has nobody who could write to binfmt_misc's register file. Where the
// target is not to be root, or to have sub-ids under their own numbers, there are two user
// namespaces: in the outer one the caller is root and does what needs one, and the target lives in
// the inner one, where the ids are what was asked for. It inherits what was registered
// (current_user_ns of load_misc_binary in fs/binfmt_misc.c looks upward).

// nested tells whether there are two.
func (o *Options) nested(f Facts) bool {
	return o.NeedsRoot && !(o.Users.hasRoot(f.Users) && o.Groups.hasRoot(f.Groups))
}

// hasRoot tells whether the ids have a 0 inside; whole is the map where there is more in it than
// the single id.
func (i IDs) hasRoot(whole idmap.Map) bool {
	return i.Single != nil && *i.Single == 0 || whole.Has(0)
}

// outer is what is asked of the outer namespace.
func (o *Options) outer(f Facts) (*Options, Facts) {
	outer, facts := *o, f
	outer.NeedsRoot = false
	outer.Users, facts.Users = rootOf(f.Users, f.UID)
	outer.Groups, facts.Groups = rootOf(f.Groups, f.GID)
	return &outer, facts
}

func rootOf(whole idmap.Map, own int) (IDs, idmap.Map) {
	if whole == nil {
		return IDs{Single: new(uint32)}, nil
	}
	_, outer := idmap.Nest(whole, uint32(own))
	return IDs{}, outer
}

// MapBack enters the inner namespace, if there is one: when all is done that needs privileges over
// the outer one and the other namespaces, which belong to it. A target that keeps its capabilities
// gets mounts of its own, or it would have none to use them on.
func (o *Options) MapBack(f Facts) []verb.Step {
	if !o.nested(f) {
		return nil
	}
	const reason = "give the target the ids that were asked for"
	users, groups := innerText(f.Users, f.UID), innerText(f.Groups, f.GID)
	into := verb.Call(verb.EnterUser{Users: users, Groups: groups})
	if users == "" && groups == "" {
		into = verb.Unshare{Flags: unix.CLONE_NEWUSER}
	}
	steps := []verb.Step{{Call: into, Reason: reason}}
	if f.Users == nil && o.Users.Single != nil {
		steps = append(steps, write("uid_map", mapLine(*o.Users.Single, 0), mapUsers))
	}
	if f.Groups == nil && o.Groups.Single != nil {
		steps = append(steps, write("gid_map", mapLine(*o.Groups.Single, 0), mapGroups))
	}
	if o.KeepCaps && o.Kinds.Has(Mount) {
		steps = append(steps, enter(Mount))
	}
	return steps
}

// innerText is what the helper writes; "" where the process maps a single id by itself.
func innerText(whole idmap.Map, own int) string {
	if whole == nil {
		return ""
	}
	inner, _ := idmap.Nest(whole, uint32(own))
	return inner.String()
}
