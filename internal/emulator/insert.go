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

// tableAlign is how the instructions are aligned, and the three numbers in front of them.
const tableAlign = 16

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
// examine at, would be /proc/self/fd/N: the instructions make it the name.
func insertInto(file descriptor, name string, env []Variable) error {
	l, err := layOut(file)
	if err != nil {
		return err
	}
	table := uint64(len(l.segments) + segmentSize)
	codeAt := roundUp(table+3*8, tableAlign)
	text := make([]byte, codeAt)
	strings := records(env)
	binary.LittleEndian.PutUint64(text[codeAt-24:], uint64(len(code())+len(strings)))
	binary.LittleEndian.PutUint64(text[codeAt-16:], uint64(len(code())))
	binary.LittleEndian.PutUint64(text[codeAt-8:], binary.LittleEndian.Uint64(l.header[entryAt:])-(l.address+codeAt))
	text = append(append(append(append(text, code()...), strings...), name...), 0)
	copy(text, l.completed(uint64(len(text))))
	if err := writeAt(file, text, l.offset); err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(l.header[entryAt:], l.address+codeAt)
	binary.LittleEndian.PutUint64(l.header[phoffAt:], l.offset)
	binary.LittleEndian.PutUint16(l.header[phnumAt:], uint16(table/segmentSize))
	return writeAt(file, l.header[:], 0)
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
