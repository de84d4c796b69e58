// Package idmap is the algebra of id maps: what --map-users and --map-groups say, how a single id
// is merged into ranges, and what the kernel would refuse. It opens no file and knows no process.
//
// A map is a list of extents, each of which lays Count ids outside (what the parent user namespace
// calls them) under as many ids inside (user_namespaces(7), "User and group ID mappings"):
//
//	inside   0   1 . . . . . . . . . . 65536
//	         |   |                     |
//	outside 1003 231072 . . . . . . . 296607
//
//	         0 1003 1                  the single id, always first
//	         1 231072 65536            a block: its inner end gave way to the single id
//
// Ids go from 0 to 4294967294, and 4294967295 stands for no id (credentials(7)); so an end, which
// is the first id that does not belong, fits in 32 bits too. Merge says how a block gives way.
package idmap

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// noID is (uid_t) -1, and one past the highest id.
const noID = 1<<32 - 1

// Extent maps Count ids from Inside on to as many from Outside on.
type Extent struct {
	Inside, Outside, Count uint32
}

// String returns the extent as --map-users has it, INNER:OUTER:COUNT.
func (e Extent) String() string { return fmt.Sprintf("%d:%d:%d", e.Inside, e.Outside, e.Count) }

func (e Extent) inner() Range { return Range{e.Inside, e.Count} }
func (e Extent) outer() Range { return Range{e.Outside, e.Count} }

// Range is Count ids from First on.
type Range struct {
	First, Count uint32
}

// end is the first id after the range.
func (r Range) end() uint64 { return uint64(r.First) + uint64(r.Count) }

// Map is an id map. The order of its extents means nothing to the kernel; it is kept as asked for.
type Map []Extent

// String returns the map as it is written to /proc/PID/uid_map: a line for each extent.
func (m Map) String() string {
	var b strings.Builder
	for _, e := range m {
		fmt.Fprintf(&b, "%d %d %d\n", e.Inside, e.Outside, e.Count)
	}
	return b.String()
}

// Args returns the map as newuidmap(1) takes it after the pid: three arguments for each extent.
func (m Map) Args() []string {
	args := make([]string, 0, 3*len(m))
	for _, e := range m {
		args = append(args, decimal(e.Inside), decimal(e.Outside), decimal(e.Count))
	}
	return args
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// IsSingle tells whether one id alone is mapped by a map as /proc/PID/uid_map shows it.
func IsSingle(text string) bool {
	m, err := ParseMap(text)
	return err == nil && len(m) == 1 && m[0].Count == 1
}

// ParseMap reads a map as /proc/PID/uid_map shows it: three columns, padded with spaces. Empty text
// is an empty map, which is what a user namespace has until one is written.
func ParseMap(text string) (Map, error) {
	var m Map
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d of an id map, %q, has %d columns, not 3", len(m)+1, line, len(fields))
		}
		e, err := extent(fields[0], fields[1], fields[2])
		if err != nil {
			return nil, fmt.Errorf("line %d of an id map, %q: %w", len(m)+1, line, err)
		}
		m = append(m, e)
	}
	return m, nil
}

func extent(inside, outside, count string) (Extent, error) {
	in, err := id("inner", inside)
	if err != nil {
		return Extent{}, err
	}
	out, err := id("outer", outside)
	if err != nil {
		return Extent{}, err
	}
	n, err := number("count", count)
	if err != nil {
		return Extent{}, err
	}
	if n > noID {
		return Extent{}, fmt.Errorf("the count %s is too large: there are %d ids", count, uint32(noID))
	}
	e := Extent{in, out, uint32(n)}
	if err := e.check(); err != nil {
		return Extent{}, err
	}
	return e, nil
}

// check tells what is wrong with an extent for itself: the kernel refuses all of it (map_write of
// kernel/user_namespace.c).
func (e Extent) check() error {
	switch {
	case e.Count == 0:
		return errors.New("the count is 0")
	case e.inner().end() > noID:
		return pastTheEnd("inner", e.inner())
	case e.outer().end() > noID:
		return pastTheEnd("outer", e.outer())
	}
	return nil
}

func pastTheEnd(side string, r Range) error {
	return fmt.Errorf("from the %s id %d on there are no %d ids: the highest is %d", side, r.First, r.Count, uint32(noID-1))
}

func id(side, s string) (uint32, error) {
	n, err := number(side+" id", s)
	if err != nil {
		return 0, err
	}
	if n >= noID {
		return 0, fmt.Errorf("%s is not an %s id: the highest is %d", s, side, uint32(noID-1))
	}
	return uint32(n), nil
}

// number parses decimal digits and nothing else. What has too many of them comes out as the largest
// number.
func number(name, s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("the %s, %q, is not a decimal number", name, s)
	}
	return n, nil
}
