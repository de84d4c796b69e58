package ns

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
