package idmap

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what a Spec asks for.
type Kind uint8

// The kinds of arguments of --map-users and --map-groups (unshare(1)).
const (
	Given  Kind = iota // the extent that is written out
	Auto               // "auto": the caller's sub-ids, from 0 on inside
	SubIDs             // "subids": the caller's sub-ids, under their own numbers
	All                // "all": every id of the caller's user namespace, under its own number
)

// Spec is one argument of --map-users or --map-groups.
type Spec struct {
	Kind   Kind
	Extent Extent // of Given
}

// String returns the argument, an extent as INNER:OUTER:COUNT.
func (s Spec) String() string {
	switch s.Kind {
	case Auto:
		return "auto"
	case SubIDs:
		return "subids"
	case All:
		return "all"
	}
	return s.Extent.String()
}

// Parse reads an argument of --map-users or --map-groups: INNER:OUTER:COUNT, or OUTER,INNER,COUNT
// as up to util-linux 2.38 (the order differs too), or auto, subids, all. Numbers are decimal
// digits; spaces and signs are refused.
func Parse(s string) (Spec, error) {
	for _, kind := range [...]Kind{Auto, SubIDs, All} {
		if word := (Spec{Kind: kind}); s == word.String() {
			return word, nil
		}
	}
	e, err := parseExtent(s)
	if err != nil {
		return Spec{}, fmt.Errorf("id map %q: %w", s, err)
	}
	return Spec{Given, e}, nil
}

func parseExtent(s string) (Extent, error) {
	if f := strings.Split(s, ":"); len(f) == 3 {
		return extent(f[0], f[1], f[2])
	}
	if f := strings.Split(s, ","); len(f) == 3 {
		return extent(f[1], f[0], f[2])
	}
	return Extent{}, errors.New("it has to be INNER:OUTER:COUNT, auto, subids or all")
}

// Blocks returns what has to be merged for s. subids are the caller's, own is the map of the user
// namespace that the caller is in; a kind that needs neither takes nil.
func (s Spec) Blocks(subids []Range, own Map) []Block {
	var blocks []Block
	switch s.Kind {
	case Given:
		return []Block{{Extent: s.Extent}}
	case All:
		for _, e := range own {
			blocks = append(blocks, Block{Extent: same(e.inner())})
		}
	default:
		for _, r := range subids {
			blocks = append(blocks, Block{Extent: same(r), Auto: s.Kind == Auto})
		}
	}
	return blocks
}

// same maps a range to itself.
func same(r Range) Extent { return Extent{r.First, r.First, r.Count} }
