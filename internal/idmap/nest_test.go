package idmap

import (
	"math/rand"
	"testing"
)

// Inner and outer map, one after the other, are the map that they were made of, and in the outer
// one the own id is 0.
func TestNest(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 20000 {
		single, blocks := someIDs(r, 24)
		own := 1 + uint32(r.Intn(24))
		m := Merge(single, blocks)
		if Check(m) != nil || own > 1000 || len(m.outside(0)) > 0 {
			continue
		}
		inner, outer := Nest(m, own)
		if err := Check(outer); err != nil || !outer.Has(0) || outer.outside(own)[0] != 0 {
			t.Fatalf("%v, own id %d: outer map %v: %v", m, own, outer, err)
		}
		want := map[[2]uint32]bool{}
		for _, p := range pairs(m) {
			want[p] = true
		}
		for _, p := range pairs(inner) {
			through := [2]uint32{p[0], outer.through(t, p[1])}
			if !want[through] {
				t.Fatalf("%v, own id %d: %v and %v map %d to %d", m, own, inner, outer, through[0], through[1])
			}
			delete(want, through)
		}
		if len(want) > 0 {
			t.Fatalf("%v, own id %d: %v and %v lack %v", m, own, inner, outer, want)
		}
	}
}

func TestHas(t *testing.T) {
	m := Map{{0, 1000, 1}, {5, 2000, 3}}
	for id, want := range map[uint32]bool{0: true, 1: false, 4: false, 5: true, 7: true, 8: false} {
		if m.Has(id) != want {
			t.Errorf("Has(%d) is not %v", id, want)
		}
	}
	for id, want := range map[uint32]bool{0: false, 1000: true, 1001: false, 2000: true, 2002: true, 2003: false} {
		if m.HasOutside(id) != want {
			t.Errorf("HasOutside(%d) is not %v", id, want)
		}
	}
}

// outside lists the ids inside that map to an id outside.
func (m Map) outside(id uint32) (inside []uint32) {
	for _, p := range pairs(m) {
		if p[1] == id {
			inside = append(inside, p[0])
		}
	}
	return inside
}

func (m Map) through(t *testing.T, inside uint32) uint32 {
	for _, p := range pairs(m) {
		if p[0] == inside {
			return p[1]
		}
	}
	t.Fatalf("%v does not map %d", m, inside)
	return 0
}
