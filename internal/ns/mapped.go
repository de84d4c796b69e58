package ns

import "github.com/xunshare/xunshare/internal/idmap"

// MapsGroup tells whether a group exists in the namespace that the mounts of a launch are made in.
func (o *Options) MapsGroup(f Facts, id uint32) bool {
	if !o.Kinds.Has(User) {
		return true
	}
	if o.nested(f) {
		outer, facts := o.outer(f)
		return outer.MapsGroup(facts, id)
	}
	return o.Groups.Single != nil && *o.Groups.Single == id || f.Groups.Has(id)
}

// MapsOwner tells whether the user and the group that a file belongs to outside exist in that
// namespace. The files of others cannot be changed there (inode_owner_or_capable in fs/inode.c;
// EOVERFLOW for an overlay that copies them).
func (o *Options) MapsOwner(f Facts, user, group uint32) bool {
	if !o.Kinds.Has(User) {
		return true
	}
	if o.nested(f) {
		outer, facts := o.outer(f)
		return outer.MapsOwner(facts, user, group)
	}
	return mapsOutside(o.Users, f.Users, f.UID, user) && mapsOutside(o.Groups, f.Groups, f.GID, group)
}

func mapsOutside(ids IDs, whole idmap.Map, own int, id uint32) bool {
	if whole == nil {
		return ids.Single != nil && id == uint32(own)
	}
	return whole.HasOutside(id)
}
