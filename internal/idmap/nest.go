package idmap

import "slices"

// Nest makes two maps of one, for a process that has to be root before it becomes what m says: that
// of a namespace in which own, its id outside, is 0 and all others that m needs are themselves, and
// that of a namespace within it. One after the other they do what m does:
//
//	         m                    inner               outer
//
//	inside   1003 231072 ...      1003 231072 ...     0    231072 ...
//	outside  1003 231072 ...      0    231072 ...     1003 231072 ...
//
// No id outside but own may be 0.
func Nest(m Map, own uint32) (inner, outer Map) {
	outer = Map{{0, own, 1}}
	for _, e := range m {
		before, at, after := e.split(own)
		for _, part := range [...]Extent{before, after} {
			if part.Count > 0 {
				inner = append(inner, part)
				outer = append(outer, same(part.outer()))
			}
		}
		if at.Count > 0 {
			inner = append(inner, Extent{at.Inside, 0, 1})
		}
	}
	return inner, outer
}

// split divides an extent at an id outside. Parts may be empty.
func (e Extent) split(id uint32) (before, at, after Extent) {
	if id < e.Outside || uint64(id) >= e.outer().end() {
		return e, Extent{}, Extent{}
	}
	n := id - e.Outside
	return Extent{e.Inside, e.Outside, n}, Extent{e.Inside + n, id, 1}, Extent{e.Inside + n + 1, id + 1, e.Count - n - 1}
}

// Has tells whether an id inside is mapped.
func (m Map) Has(inside uint32) bool {
	return slices.ContainsFunc(m, func(e Extent) bool { return e.inner().has(inside) })
}

// HasOutside tells whether an id outside is mapped.
func (m Map) HasOutside(outside uint32) bool {
	return slices.ContainsFunc(m, func(e Extent) bool { return e.outer().has(outside) })
}

func (r Range) has(id uint32) bool { return id >= r.First && uint64(id) < r.end() }
