package idmap

import (
	"slices"
	"testing"
)

func TestRooted(t *testing.T) {
	ranges := []Range{{200, 5}, {100, 10}}
	for zero, want := range map[uint32]Map{
		103: {{0, 103, 7}, {7, 200, 5}, {12, 100, 3}, {15, 7, 1}},
		100: {{0, 100, 10}, {10, 200, 5}, {15, 7, 1}},
		200: {{0, 200, 5}, {5, 100, 10}, {15, 7, 1}},
		204: {{0, 204, 1}, {1, 100, 10}, {11, 200, 4}, {15, 7, 1}},
	} {
		if m, ok := Rooted(zero, 7, ranges); !ok || !slices.Equal(m, want) || Check(m) != nil {
			t.Errorf("%d: %v, want %v", zero, m, want)
		}
	}
	for _, zero := range []uint32{7, 99, 110, 205} {
		if m, ok := Rooted(zero, 7, ranges); ok {
			t.Errorf("%d: %v", zero, m)
		}
	}
}
