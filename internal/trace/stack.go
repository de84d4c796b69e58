package trace

import (
	"encoding/binary"

	"github.com/xunshare/xunshare/internal/process"
)

// A stack is the one that a program begins with: the number of its arguments, these, a 0, its
// environment, a 0, the auxiliary vector (getauxval(3)). It is changed before the program sees it.
type stack struct {
	at    uint64 // where it begins
	width int    // of a word, in bytes
	words []uint64
	args  int // how many of the words are the arguments, after their number
	aux   int // the first word of the vector
}

// parse reads a stack; ok is false if there is not all of it in the memory.
func (s *stack) parse(memory []byte) (ok bool) {
	for ; len(memory) >= s.width; memory = memory[s.width:] {
		s.words = append(s.words, s.word(memory))
	}
	if len(s.words) == 0 || s.words[0] > uint64(len(s.words)) {
		return false
	}
	s.args = int(s.words[0])
	i := s.args + 2
	for i < len(s.words) && s.words[i] != 0 {
		i++
	}
	s.aux = i + 1
	for i = s.aux; i+1 < len(s.words); i += 2 {
		if s.words[i] == auxNull {
			s.words = s.words[:i+2]
			return true
		}
	}
	return false
}

func (s *stack) word(memory []byte) uint64 {
	if s.width == 4 {
		return uint64(binary.NativeEndian.Uint32(memory))
	}
	return binary.NativeEndian.Uint64(memory)
}

// Of the auxiliary vector: linux/auxvec.h.
const (
	auxNull         = 0
	auxExecFD       = 2
	auxFlags        = 8
	auxExecFilename = 31
	auxVDSO         = 33

	preserveArgv0 = 1 // AT_FLAGS_PRESERVE_ARGV0 of linux/binfmts.h
)

// value is an entry of the vector; 0 if it has none.
func (s *stack) value(key uint64) uint64 {
	for i := s.aux; s.words[i] != auxNull; i += 2 {
		if s.words[i] == key {
			return s.words[i+1]
		}
	}
	return 0
}

// set changes an entry, or adds it.
func (s *stack) set(key, value uint64) {
	i := s.aux
	for ; s.words[i] != auxNull; i += 2 {
		if s.words[i] == key {
			s.words[i+1] = value
			return
		}
	}
	s.words = append(s.words[:i:i], append([]uint64{key, value}, s.words[i:]...)...)
}

// alignment is that of a stack at the start of a program, on all architectures.
const alignment = 16

// build lays out the stack that an interpreter begins with, beneath the one that is there. The
// descriptor of what it interprets is given if it is not negative. It returns the memory and where
// that begins, which is where the stack does, and where the text of each of front lies.
func (s *stack) build(e *execution, path string, given int) (at uint64, memory []byte, name uint64) {
	var text []byte
	var offsets []uint64
	put := func(t string) uint64 {
		offset := uint64(len(text))
		text = append(append(text, t...), 0)
		return offset
	}
	for _, t := range e.front {
		offsets = append(offsets, put(t))
	}
	name = put(path)
	base := (s.at - uint64(len(text))) &^ (alignment - 1)
	s.set(auxExecFilename, base+name)
	if e.keeps {
		s.set(auxFlags, s.value(auxFlags)|preserveArgv0)
	}
	if given >= 0 {
		s.set(auxExecFD, uint64(given))
	}
	rest := s.words[1:]
	if e.drops && s.args > 0 {
		rest = rest[1:]
		s.args--
	}
	words := []uint64{uint64(s.args + len(offsets))}
	for _, offset := range offsets {
		words = append(words, base+offset)
	}
	words = append(words, rest...)
	at = (base - uint64(len(words)*s.width)) &^ (alignment - 1)
	memory = make([]byte, 0, base-at+uint64(len(text)))
	for _, w := range words {
		memory = s.appendWord(memory, w)
	}
	memory = append(append(memory, make([]byte, int(base-at)-len(memory))...), text...)
	return at, memory, base + name
}

func (s *stack) appendWord(memory []byte, w uint64) []byte {
	if s.width == 4 {
		return binary.NativeEndian.AppendUint32(memory, uint32(w))
	}
	return binary.NativeEndian.AppendUint64(memory, w)
}

// readStack reads the stack that begins at an address of a memory.
func readStack(memory process.Memory, at uint64, width int) (s *stack, ok bool) {
	const first, most = 1 << 13, 1 << 24
	for size := first; size <= most; size *= 2 {
		text := make([]byte, size)
		n, err := memory.ReadAt(text, int64(at))
		if err != nil {
			return nil, false
		}
		s = &stack{at: at, width: width}
		if s.parse(text[:n]) {
			return s, true
		}
		if n < size {
			return nil, false
		}
	}
	return nil, false
}
