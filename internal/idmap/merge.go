package idmap

// Single is one id that is mapped by itself: the caller's, for --map-user and --map-group.
type Single struct {
	Inside, Outside uint32
}

// Block is a range that was asked for, with the single id still in it. Of an automatic one Inside
// means nothing: the first begins at 0 inside, each further one where the one before it ended.
type Block struct {
	Extent
	Auto bool
}

// Merge makes one map of a single id, nil for none, and blocks. Blocks must be valid as those of
// Parse are; they may overlap each other, and then so does the map, as Check says.
//
// The single id is taken out of every block, on either side, and what is left of the two sides is
// paired in order. If only one side lost an id, the last one of the other side is left over; but an
// automatic block has no end inside, and so maps every id outside but the single one:
//
//	         0:0:5 and 2:0      0:10:5 and 2:0        auto, sub-ids 10 to 14, and 2:0
//
//	inside    0  1  3  4         0  1  3  4            0  1  3  4  5
//	outside   1  2  3  4        10 11 12 13 (14)      10 11 12 13 14
//
// unshare(1) does the same but for two things. It looks for the single id up to and including the
// end of a block, so that an id right after a block costs it one: 10:10:10 with a single 20:0 has
// ten ids here and nine there. And if the single id is one of the sub-ids of an automatic block, it
// maps an id beyond the range, which newuidmap refuses.
func Merge(single *Single, blocks []Block) Map {
	var m Map
	if single != nil {
		m = append(m, Extent{single.Inside, single.Outside, 1})
	}
	next := uint32(0)
	for _, b := range blocks {
		if b.Auto {
			b.Inside = next
		}
		parts := b.without(single)
		if n := len(parts); b.Auto && n > 0 {
			next = uint32(parts[n-1].inner().end())
		}
		m = append(m, parts...)
	}
	return m
}

// without returns the block without the single id.
func (b Block) without(single *Single) []Extent {
	inside := b.inner()
	if b.Auto {
		inside.Count = noID - b.Inside
	}
	if single == nil {
		return pair([]Range{inside}, []Range{b.outer()})
	}
	return pair(inside.without(single.Inside), b.outer().without(single.Outside))
}

// without returns what is left of a range without an id: both sides of it, which can be empty.
func (r Range) without(id uint32) []Range {
	if id < r.First || uint64(id) >= r.end() {
		return []Range{r}
	}
	before := id - r.First
	return []Range{{r.First, before}, {id + 1, r.Count - before - 1}}
}

// pair lays ids outside under ids inside, in order, until one side has none left.
func pair(inside, outside []Range) []Extent {
	var parts []Extent
	for len(inside) > 0 && len(outside) > 0 {
		in, out := inside[0], outside[0]
		n := min(in.Count, out.Count)
		if n > 0 {
			parts = append(parts, Extent{in.First, out.First, n})
		}
		inside, outside = skip(inside, n), skip(outside, n)
	}
	return parts
}

// skip drops the first n ids, which are all in the first range.
func skip(ranges []Range, n uint32) []Range {
	if ranges[0].Count == n {
		return ranges[1:]
	}
	ranges[0].First += n
	ranges[0].Count -= n
	return ranges
}
