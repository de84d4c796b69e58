package idmap

import (
	"testing"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		m    Map
		want string // "" for a map that is good
	}{
		{nil, "the id map is empty"},
		{Map{{0, 0, noID}}, ""},
		{Map{{0, 1003, 1}, {1, 231072, 65536}}, ""},
		{Map{{10, 10, 10}, {20, 0, 10}, {0, 20, 10}}, ""},
		{Map{{0, 1003, 1}, {0, 231072, 65536}}, "the id maps 0:1003:1 and 0:231072:65536 overlap: both map the inner id 0"},
		{Map{{0, 0, 11}, {10, 20, 1}}, "the id maps 0:0:11 and 10:20:1 overlap: both map the inner id 10"},
		{Map{{10, 20, 1}, {0, 0, 11}}, "the id maps 10:20:1 and 0:0:11 overlap: both map the inner id 10"},
		{Map{{10, 20, 1}, {5, 0, 100}}, "the id maps 10:20:1 and 5:0:100 overlap: both map the inner id 10"},
		{Map{{0, 5, 2}, {7, 100, 1}, {3, 6, 2}}, "the id maps 0:5:2 and 3:6:2 overlap: both map the outer id 6"},
		{Map{{0, 0, noID}, {noID - 1, 0, 1}}, "the id maps 0:0:4294967295 and 4294967294:0:1 overlap: both map the inner id 4294967294"},
		{Map{{1, 2, 0}}, "id map 1:2:0: the count is 0"},
		{Map{{0, 0, 1}, {noID - 1, 5, 2}}, "id map 4294967294:5:2: from the inner id 4294967294 on there are no 2 ids: the highest is 4294967294"},
		{Map{{0, noID, 1}}, "id map 0:4294967295:1: from the outer id 4294967295 on there are no 1 ids: the highest is 4294967294"},
		{short(340), ""},
		{short(341), "the id map has 341 extents, the kernel takes 340"},
		{append(lines(170), Extent{10000, 100000, 1}), ""},
		{append(lines(170), Extent{100000, 100000, 1}), "the id map has 4096 bytes, the kernel takes 4095"},
	} {
		got := ""
		if err := Check(c.m); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%.60q: %q, want %q", c.m.String(), got, c.want)
		}
	}
}

// short makes a map of n extents, each of one id.
func short(n int) Map {
	m := make(Map, n)
	for i := range m {
		m[i] = Extent{uint32(i), uint32(i), 1}
	}
	return m
}

// lines makes a map of n lines of 24 bytes each.
func lines(n int) Map {
	m := make(Map, n)
	for i := range m {
		m[i] = Extent{1e9 + uint32(i), 1e9 + uint32(i), 1}
	}
	return m
}
