package idmap

import (
	"math/rand"
	"slices"
	"testing"
)

// slow is Merge id by id, for few ids: every pair in the order of the map.
func slow(single *Single, blocks []Block) [][2]uint32 {
	var pairs [][2]uint32
	if single != nil {
		pairs = append(pairs, [2]uint32{single.Inside, single.Outside})
	}
	next := uint32(0)
	for _, b := range blocks {
		in, endIn := b.Inside, b.Inside+b.Count
		if b.Auto {
			in, endIn = next, noID
		}
		for out := b.Outside; out < b.Outside+b.Count; out++ {
			if single != nil && out == single.Outside {
				continue
			}
			if single != nil && in == single.Inside {
				in++
			}
			if in >= endIn {
				break
			}
			pairs = append(pairs, [2]uint32{in, out})
			in++
			if b.Auto {
				next = in
			}
		}
	}
	return pairs
}

func pairs(m Map) [][2]uint32 {
	var all [][2]uint32
	for _, e := range m {
		for i := range e.Count {
			all = append(all, [2]uint32{e.Inside + i, e.Outside + i})
		}
	}
	return all
}

func TestMergeIdByID(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		single, blocks := someIDs(r, 24)
		if m := Merge(single, blocks); !slices.Equal(pairs(m), slow(single, blocks)) {
			t.Fatalf("%+v and %+v:\n%sid by id: %v", single, blocks, m, slow(single, blocks))
		}
	}
}

func TestMergeHolds(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 20000 {
		single, blocks := someIDs(r, []int64{20, 1000, 1 << 20, noID}[r.Intn(4)])
		holds(t, single, blocks)
	}
}

// someIDs makes a single id, or none, and up to four blocks, of ids below limit or close to the
// highest.
func someIDs(r *rand.Rand, limit int64) (*Single, []Block) {
	base := uint32(r.Intn(2)) * uint32(noID-limit)
	number := func() uint32 { return base + uint32(r.Int63n(limit)) }
	var single *Single
	if r.Intn(4) > 0 {
		single = &Single{number(), number()}
	}
	blocks := make([]Block, r.Intn(5))
	for i := range blocks {
		blocks[i] = block(number(), number(), 1+uint32(r.Int63n(limit)), r.Intn(3) == 0)
	}
	return single, blocks
}

// block makes a valid one, shorter if the ids do not suffice.
func block(inside, outside, count uint32, auto bool) Block {
	return Block{Extent{inside, outside, min(count, noID-inside, noID-outside)}, auto}
}

// holds tests what is so for every merge of valid blocks.
func holds(t *testing.T, single *Single, blocks []Block) {
	t.Helper()
	m := Merge(single, blocks)
	fail := func(what string) {
		t.Helper()
		t.Fatalf("%+v and %+v: %s:\n%s", single, blocks, what, m)
	}
	rest := m
	if single != nil {
		if len(m) == 0 || m[0] != (Extent{single.Inside, single.Outside, 1}) {
			fail("the single id does not come first")
		}
		rest = m[1:]
		for _, e := range rest {
			if err := e.overlaps(m[:1]); err != nil {
				fail(err.Error())
			}
		}
	}
	for _, e := range rest {
		if err := e.check(); err != nil {
			fail(err.Error())
		}
	}
	if what := inOrder(blocks, rest); what != "" {
		fail(what)
	}
	if what := overlapping(blocks, rest); what != "" {
		fail(what)
	}
}

// inOrder takes the extents of a merge apart block by block.
func inOrder(blocks []Block, rest Map) string {
	for _, b := range blocks {
		left, total := b.outer(), uint32(0)
		inside := uint64(0)
		for len(rest) > 0 && within(rest[0], b, left, inside) {
			e := rest[0]
			total += e.Count
			inside = e.inner().end()
			left = Range{uint32(e.outer().end()), uint32(left.end() - e.outer().end())}
			rest = rest[1:]
		}
		if total < b.Count-1 && !b.Auto {
			return "a block has lost more than one id"
		}
	}
	if len(rest) > 0 {
		return rest[0].String() + " is in none of the blocks that may come there"
	}
	return ""
}

// within tells whether e is a part of b that comes after those that were seen.
func within(e Extent, b Block, left Range, inside uint64) bool {
	out := e.Outside >= left.First && e.outer().end() <= left.end()
	in := b.Auto || e.Inside >= b.Inside && e.inner().end() <= b.inner().end()
	return out && in && uint64(e.Inside) >= inside
}

// overlapping looks for overlaps that come from Merge: none if the blocks have none. Automatic
// blocks have no place inside of their own, so that only those are looked at which stand alone or
// among themselves.
func overlapping(blocks []Block, rest Map) string {
	auto := 0
	for i, b := range blocks {
		if b.Auto {
			auto++
		}
		for _, o := range blocks[:i] {
			_, inside := overlap(o.inner(), b.inner())
			_, outside := overlap(o.outer(), b.outer())
			if outside || inside && !b.Auto && !o.Auto {
				return ""
			}
		}
	}
	if auto > 0 && auto < len(blocks) {
		return ""
	}
	for i, e := range rest {
		if err := e.overlaps(rest[:i]); err != nil {
			return err.Error()
		}
	}
	return ""
}

func FuzzMerge(f *testing.F) {
	f.Add(true, uint32(0), uint32(1003), uint32(0), uint32(231072), uint32(65536), true, uint32(0), uint32(300000), uint32(10), true)
	f.Add(true, uint32(20), uint32(0), uint32(10), uint32(10), uint32(10), false, uint32(30), uint32(30), uint32(5), false)
	f.Add(false, uint32(0), uint32(0), uint32(0), uint32(0), uint32(noID), false, uint32(0), uint32(noID-1), uint32(1), true)
	f.Fuzz(func(t *testing.T, has bool, in, out, in1, out1, n1 uint32, auto1 bool, in2, out2, n2 uint32, auto2 bool) {
		var single *Single
		if has {
			single = &Single{min(in, noID-1), min(out, noID-1)}
		}
		valid := func(in, out, n uint32, auto bool) Block {
			return block(min(in, noID-1), min(out, noID-1), max(n, 1), auto)
		}
		holds(t, single, []Block{valid(in1, out1, n1, auto1), valid(in2, out2, n2, auto2)})
	})
}
