package ns

import "github.com/xunshare/xunshare/internal/idmap"

// Mapped are the ids that the target has in its user namespace.
func (o *Options) Mapped(f Facts) (users, groups []idmap.Range) {
	return mapped(o.Users, f.Users), mapped(o.Groups, f.Groups)
}

func mapped(ids IDs, whole idmap.Map) (ranges []idmap.Range) {
	if whole == nil && ids.Single != nil {
		return []idmap.Range{{First: *ids.Single, Count: 1}}
	}
	for _, e := range whole {
		ranges = append(ranges, idmap.Range{First: e.Inside, Count: e.Count})
	}
	return ranges
}

// mapsUser tells whether a user exists in the new user namespace, or may exist in the caller's.
func (o *Options) mapsUser(f Facts, id uint32) bool {
	return !o.Kinds.Has(User) || o.Users.Single != nil && *o.Users.Single == id || f.Users.Has(id)
}

// SetgroupsAllowed tells whether setgroups(2) can be called in the new user namespace: not before
// groups are mapped (user_namespaces(7)).
func (o *Options) SetgroupsAllowed(f Facts) bool {
	return o.setgroups(f) != SetgroupsDeny && !o.Groups.None()
}
