package emulator

import (
	"encoding/binary"
	"errors"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Variable is one that a copy of an emulator finds in its environment. One of that name that is
// there already stays as it is.
type Variable struct {
	Text      string // NAME=VALUE
	Companion bool   // it is there if the variable before was added, and only then
}

// How it is done. The environment is the only way to tell an emulator something that a rule
// starts (the kernel has no place for its arguments), and programs clear it: env -i, su -, sudo.
// So a copy of the emulator begins with a few instructions of our own (insert_*.s). They go
// through the stack that the kernel has laid out for a new program (argc, argv, environment,
// auxiliary vector: System V ABI, "Process Initialization"), move its beginning down by as many
// words as there are variables to be added, and jump to where the emulator begins. That is one
// execve(2) as before, works in any root, and takes less than a microsecond.
//
// The instructions and the strings lie in a segment of their own at the end of the file, and
// above all others in memory. The table of segments has no room for one more, so it moves there
// too; the kernel finds it (AT_PHDR) in whichever segment it lies since Linux 5.18 (commit
// 0da1d5002745), and instances of binfmt_misc are younger.

// Kinds of records, which the instructions read.
const (
	recordEnd       = 0
	recordVariable  = 1
	recordCompanion = 2
)

// codeAlign is how instructions are aligned, and the table of known programs.
const codeAlign = 16

// CanInsert says why a copy of an emulator cannot have variables in it, nil if it can. Only of a
// static one is the environment still to be read where it begins: a loader has read it before.
func CanInsert(h *binfmt.Image) error {
	switch {
	case len(code()) == 0:
		return errors.New("xunshare has no instructions for this machine")
	case h == nil:
		return errors.New("it cannot be read")
	case h.ELF == nil:
		return errors.New("it is no program")
	case h.ELF.Interp != "":
		return errors.New("it is dynamically linked")
	case h.ELF.Class != class64:
		return errors.New("it is a 32-bit program")
	}
	return nil
}

// insertInto alters the emulator in the file. Its argv[0], which it has in its messages and some
// examine at, would be /proc/self/fd/N: the instructions make it the name. Where there are programs
// to be known, it begins with looking for them.
func insertInto(file descriptor, name string, c *Copy) error {
	l, err := layOut(file)
	if err != nil {
		return err
	}
	s := segment{text: make([]byte, len(l.segments)+segmentSize)}
	begin := s.addInsert(binary.LittleEndian.Uint64(l.header[entryAt:])-l.address, name, c.Env)
	if len(c.Native) > 0 {
		begin = s.addNative(begin, c.Native, c.Plugin)
	}
	copy(s.text, l.completed(uint64(len(s.text))))
	if err := writeAt(file, s.text, l.offset); err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(l.header[entryAt:], l.address+begin)
	binary.LittleEndian.PutUint64(l.header[phoffAt:], l.offset)
	binary.LittleEndian.PutUint16(l.header[phnumAt:], uint16(len(l.segments)/segmentSize+1))
	return writeAt(file, l.header[:], 0)
}

// A segment is what is added to an emulator: the table of segments, and instructions, each with
// numbers in front of them and data behind them. The numbers are distances from the instructions.
type segment struct{ text []byte }

// addInsert adds insert, which goes on at next: like all that is given and returned a place in the
// segment, or a place of the emulator's as seen from it.
func (s *segment) addInsert(next uint64, name string, env []Variable) (begin uint64) {
	strings := records(env)
	size := uint64(len(code()))
	begin = s.addCode(code(), size+uint64(len(strings)), size, next)
	s.text = append(append(append(s.text, strings...), name...), 0)
	return begin
}

// addCode adds instructions. The last of the numbers is where they go on.
func (s *segment) addCode(code []byte, numbers ...uint64) (begin uint64) {
	begin = roundUp(uint64(len(s.text)+8*len(numbers)), codeAlign)
	numbers[len(numbers)-1] -= begin
	s.text = append(s.text, make([]byte, begin-uint64(len(s.text)))...)
	for i, n := range numbers {
		binary.LittleEndian.PutUint64(s.text[begin-8*uint64(len(numbers)-i):], n)
	}
	s.text = append(s.text, code...)
	return begin
}

// records are the strings with their kinds.
func records(env []Variable) []byte {
	var all []byte
	for _, v := range env {
		kind := byte(recordVariable)
		if v.Companion {
			kind = recordCompanion
		}
		all = append(append(append(all, kind), v.Text...), 0)
	}
	return append(all, recordEnd)
}
