package idmap

import (
	"slices"
	"testing"
)

// user and root are who ran unshare(1) for the vectors below.
const (
	user = 1003
	root = 0
)

// subids are those of that user.
var subids = []Range{{231072, 65536}}

// TestVectors has what unshare(1) of util-linux 2.43-devel was seen to write, but for what the
// comments say.
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		name   string
		specs  []string
		single *Single
		want   Map
	}{
		{"--map-auto", []string{"auto"}, nil, Map{{0, 231072, 65536}}},
		// 65535 in the manual page and in 2.41 to 2.42.1.
		{"--map-auto -r", []string{"auto"}, &Single{0, user}, Map{{0, user, 1}, {1, 231072, 65536}}},
		{"--map-auto -c", []string{"auto"}, &Single{user, user}, Map{{user, user, 1}, {0, 231072, 1003}, {1004, 232075, 64533}}},
		{"--map-subids", []string{"subids"}, nil, Map{{231072, 231072, 65536}}},
		{"--map-subids -r", []string{"subids"}, &Single{0, user}, Map{{0, user, 1}, {231072, 231072, 65536}}},
		{"0:0:10 --map-user 3", []string{"0:0:10"}, &Single{3, root}, Map{{3, 0, 1}, {0, 1, 3}, {4, 4, 6}}},
		{"0:1000:10 --map-user 3", []string{"0:1000:10"}, &Single{3, root}, Map{{3, 0, 1}, {0, 1000, 3}, {4, 1003, 6}}},
		{"5:0:10 --map-user 3", []string{"5:0:10"}, &Single{3, root}, Map{{3, 0, 1}, {5, 1, 9}}},
		// unshare(1) writes 10 10 9: an id right after the block costs it one there.
		{"10:10:10 --map-user 20", []string{"10:10:10"}, &Single{20, root}, Map{{20, 0, 1}, {10, 10, 10}}},
		{"two blocks", []string{"0:0:10", "20:20:5"}, nil, Map{{0, 0, 10}, {20, 20, 5}}},
		{"two blocks, not sorted", []string{"20:20:5", "0:0:10"}, nil, Map{{20, 20, 5}, {0, 0, 10}}},
		{"two blocks --map-user 22", []string{"20:20:5", "0:0:10"}, &Single{22, root}, Map{{22, 0, 1}, {20, 20, 2}, {23, 22, 2}, {0, 1, 9}}},
		{"all of the initial namespace", []string{"all"}, nil, Map{{0, 0, 4294967295}}},
		{"all -r", []string{"all"}, &Single{0, root}, Map{{0, 0, 1}, {1, 1, 4294967294}}},
		{"all --map-user 5", []string{"all"}, &Single{5, root}, Map{{5, 0, 1}, {0, 1, 5}, {6, 6, 4294967289}}},
	} {
		var blocks []Block
		for _, s := range c.specs {
			spec, err := Parse(s)
			if err != nil {
				t.Fatal(err)
			}
			blocks = append(blocks, spec.Blocks(subids, Map{{0, 0, noID}})...)
		}
		m := Merge(c.single, blocks)
		if !slices.Equal(m, c.want) {
			t.Errorf("%s:\n%swant\n%s", c.name, m, c.want)
		}
		if err := Check(m); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestEnds moves the single id over a block and what is around it, on each side alone.
func TestEnds(t *testing.T) {
	block := []Block{{Extent: Extent{10, 110, 3}}}
	for _, c := range []struct {
		single Single
		want   Map
	}{
		{Single{9, 0}, Map{{10, 110, 3}}},
		{Single{10, 0}, Map{{11, 110, 2}}},
		{Single{11, 0}, Map{{10, 110, 1}, {12, 111, 1}}},
		{Single{12, 0}, Map{{10, 110, 2}}},
		{Single{13, 0}, Map{{10, 110, 3}}},
		{Single{0, 109}, Map{{10, 110, 3}}},
		{Single{0, 110}, Map{{10, 111, 2}}},
		{Single{0, 111}, Map{{10, 110, 1}, {11, 112, 1}}},
		{Single{0, 112}, Map{{10, 110, 2}}},
		{Single{0, 113}, Map{{10, 110, 3}}},
		{Single{11, 111}, Map{{10, 110, 1}, {12, 112, 1}}},
		{Single{10, 112}, Map{{11, 110, 2}}},
		{Single{12, 110}, Map{{10, 111, 2}}},
	} {
		want := append(Map{{c.single.Inside, c.single.Outside, 1}}, c.want...)
		if m := Merge(&c.single, block); !slices.Equal(m, want) {
			t.Errorf("single %+v:\n%swant\n%s", c.single, m, want)
		}
	}
	one := []Block{{Extent: Extent{7, 107, 1}}}
	if m := Merge(&Single{7, 0}, one); !slices.Equal(m, Map{{7, 0, 1}}) {
		t.Errorf("a block of the single id only leaves\n%s", m)
	}
}

// TestAuto lays several ranges of sub-ids one after the other.
func TestAuto(t *testing.T) {
	auto := func(ranges ...Range) []Block { return Spec{Kind: Auto}.Blocks(ranges, nil) }
	for _, c := range []struct {
		name   string
		single *Single
		blocks []Block
		want   Map
	}{
		{"none", nil, auto(Range{100, 5}, Range{200, 5}), Map{{0, 100, 5}, {5, 200, 5}}},
		{"at 0", &Single{0, 1}, auto(Range{100, 5}, Range{200, 5}), Map{{0, 1, 1}, {1, 100, 5}, {6, 200, 5}}},
		{"in the first", &Single{2, 1}, auto(Range{100, 5}, Range{200, 5}), Map{{2, 1, 1}, {0, 100, 2}, {3, 102, 3}, {6, 200, 5}}},
		{"between", &Single{5, 1}, auto(Range{100, 5}, Range{200, 5}), Map{{5, 1, 1}, {0, 100, 5}, {6, 200, 5}}},
		{"in the second", &Single{7, 1}, auto(Range{100, 5}, Range{200, 5}), Map{{7, 1, 1}, {0, 100, 5}, {5, 200, 2}, {8, 202, 3}}},
		{"behind", &Single{10, 1}, auto(Range{100, 5}, Range{200, 5}), Map{{10, 1, 1}, {0, 100, 5}, {5, 200, 5}}},
		{"the caller is a sub-id", &Single{0, 102}, auto(Range{100, 5}, Range{200, 5}), Map{{0, 102, 1}, {1, 100, 2}, {3, 103, 2}, {5, 200, 5}}},
		{"the only sub-id", &Single{0, 100}, auto(Range{100, 1}, Range{200, 5}), Map{{0, 100, 1}, {1, 200, 5}}},
		{"no ids left inside", &Single{0, 9}, auto(Range{10, noID - 10}, Range{0, 9}), Map{{0, 9, 1}, {1, 10, noID - 10}, {noID - 9, 0, 9}}},
		{"more than there are inside", &Single{0, noID - 1}, auto(Range{0, noID - 1}, Range{5, 5}), Map{{0, noID - 1, 1}, {1, 0, noID - 1}}},
	} {
		if m := Merge(c.single, c.blocks); !slices.Equal(m, c.want) {
			t.Errorf("%s:\n%swant\n%s", c.name, m, c.want)
		}
	}
}
