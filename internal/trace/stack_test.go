package trace

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// image is a stack as the kernel lays it out, with some text above.
func image(width int, words ...uint64) []byte {
	s := stack{width: width}
	var memory []byte
	for _, w := range words {
		memory = s.appendWord(memory, w)
	}
	return append(memory, "the rest of the memory, which is text"...)
}

// A stack is completed beneath the old one, and what is said of the arguments is true of both.
func TestBuild(t *testing.T) {
	for _, width := range []int{4, 8} {
		for _, c := range []struct {
			drops, keeps bool
			given        int
			args         int
		}{{drops: true, given: -1, args: 4}, {keeps: true, given: 3, args: 5}, {given: -1, args: 5}} {
			const at = 0x10000
			s := &stack{at: at, width: width}
			if !s.parse(image(width, 2, 11, 12, 0, 21, 0, auxExecFilename, 99, auxFlags, 4, 6, 4096, auxNull, 0)) {
				t.Fatal("not parsed")
			}
			e := &execution{front: []string{"emulator", "/bin/program", "another"}, drops: c.drops, keeps: c.keeps}
			start, memory, name := s.build(e, "program", c.given)
			if start%alignment != 0 || start+uint64(len(memory)) > at || start+uint64(len(memory))+2*alignment < at {
				t.Fatalf("%#x, %d bytes", start, len(memory))
			}
			got := &stack{at: start, width: width}
			if !got.parse(memory) || got.args != c.args {
				t.Fatalf("%d arguments: %v", got.args, got.words)
			}
			text := func(address uint64) string {
				rest := memory[address-start:]
				return string(rest[:bytes.IndexByte(rest, 0)])
			}
			for i, want := range e.front {
				if arg := text(got.words[1+i]); arg != want {
					t.Errorf("argument %d is %q", i, arg)
				}
			}
			rest := map[bool][]uint64{false: {11, 12, 0, 21, 0}, true: {12, 0, 21, 0}}[c.drops]
			if !slices.Equal(got.words[4:got.aux], rest) {
				t.Errorf("the caller's are %v", got.words[4:got.aux])
			}
			flags, fd := uint64(4), uint64(0)
			if c.keeps {
				flags, fd = 5, 3
			}
			if got.value(auxFlags) != flags || got.value(auxExecFD) != fd || got.value(6) != 4096 || text(got.value(auxExecFilename)) != "program" || text(name) != "program" {
				t.Errorf("the vector is %v", got.words[got.aux:])
			}
		}
	}
}

// What is cut off is no stack, and nothing in it is relied on.
func FuzzParse(f *testing.F) {
	f.Add(image(8, 1, 11, 0, 21, 0, 6, 4096, auxNull, 0))
	f.Add(binary.NativeEndian.AppendUint64(nil, 1<<63))
	f.Fuzz(func(t *testing.T, memory []byte) {
		for _, width := range []int{4, 8} {
			s := &stack{at: 1 << 20, width: width}
			if s.parse(memory) {
				s.build(&execution{front: []string{"a"}, drops: true, keeps: true}, "b", 3)
			}
		}
	})
}
