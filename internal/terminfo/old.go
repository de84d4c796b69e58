package terminfo

import (
	"encoding/binary"
	"math"
)

// Headers are numbers of two bytes (term(5)): the magic, then how many bytes of names, booleans,
// numbers, strings, bytes of strings; the extended section begins with booleans, numbers, strings,
// strings and names, bytes of both.
const (
	headerSize         = 12
	extendedHeaderSize = 10

	shortNumbers = 0o432  // of two bytes
	longNumbers  = 0o1036 // of four, since ncurses 6.1

	maxColors = 13 // the index of that number
)

func isMagic(n uint16) bool { return n == shortNumbers || n == longNumbers }

// Old is a description as ncurses before 6.1 can read it, with no number above 32767: tic(1) writes
// larger ones for 65536 pairs of colors, which most terminals have. Those of more colors than that,
// whose meaning would be lost, and what cannot be read stay as they are.
func Old(data []byte) []byte {
	c := cursor{in: data}
	h := c.header(headerSize)
	if c.bad || h[0] != longNumbers {
		return data
	}
	binary.LittleEndian.PutUint16(c.out, shortNumbers)
	c.copy(h[1] + h[2])
	c.even(h[1] + h[2])
	if c.isHuge(h[3]) {
		return data
	}
	c.numbers(h[3])
	c.copy(2*h[4] + h[5])
	if !c.bad && len(c.in)-c.at > extendedHeaderSize {
		c.even(h[5])
		h := c.header(extendedHeaderSize)
		c.copy(h[0])
		c.even(h[0])
		c.numbers(h[1])
		c.copy(2*h[3] + h[4])
	}
	if c.bad {
		return data
	}
	return c.out
}

// A cursor reads a description and writes another.
type cursor struct {
	in, out []byte
	at      int
	bad     bool // there is less than there should be
}

// copy takes over n bytes, and returns them.
func (c *cursor) copy(n int) []byte {
	if c.bad || n < 0 || n > len(c.in)-c.at {
		c.bad = true
		return make([]byte, max(n, 0))
	}
	part := c.in[c.at : c.at+n]
	c.at += n
	c.out = append(c.out, part...)
	return part
}

func (c *cursor) header(size int) (h [headerSize / 2]int) {
	part := c.copy(size)
	for i := range size / 2 {
		h[i] = int(binary.LittleEndian.Uint16(part[2*i:]))
	}
	return h
}

// even takes over the byte that is put after an odd number of them.
func (c *cursor) even(n int) { c.copy(n % 2) }

// isHuge tells whether there are more colors than a short number can say.
func (c *cursor) isHuge(count int) bool {
	at := c.at + 4*maxColors
	return count > maxColors && at+4 <= len(c.in) && int32(binary.LittleEndian.Uint32(c.in[at:])) > math.MaxInt16
}

// numbers makes numbers of two bytes from those of four. Negative ones are absent or cancelled.
func (c *cursor) numbers(count int) {
	for range count {
		if c.bad || len(c.in)-c.at < 4 {
			c.bad = true
			return
		}
		n := int32(binary.LittleEndian.Uint32(c.in[c.at:]))
		c.at += 4
		c.out = binary.LittleEndian.AppendUint16(c.out, uint16(min(n, math.MaxInt16)))
	}
}
