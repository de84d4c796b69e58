package idmap

// Rooted maps 0 to one of the ids of some ranges, and what comes after it to the ids that follow;
// then the other ranges and what came before it, and last the caller's own id. False if the id is
// in none of them.
//
//	ranges 100 to 109 and 200 to 204, zero 103, own 7
//
//	inside     0 . .  6   7 . . 11   12 . 14   15
//	outside  103 . . 109 200 . . 204 100 . 102  7
func Rooted(zero, own uint32, ranges []Range) (m Map, ok bool) {
	var parts, before []Range
	for _, r := range ranges {
		if zero < r.First || uint64(zero) >= r.end() {
			parts = append(parts, r)
			continue
		}
		n := zero - r.First
		ok, before = true, []Range{{r.First, n}}
		parts = append([]Range{{zero, r.Count - n}}, parts...)
	}
	next := uint32(0)
	for _, r := range append(append(parts, before...), Range{own, 1}) {
		if r.Count > 0 {
			m = append(m, Extent{next, r.First, r.Count})
			next += r.Count
		}
	}
	return m, ok
}
