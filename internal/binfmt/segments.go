package binfmt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kinds of program headers, under the names of elf(5).
const (
	PTLoad    = 1
	PTDynamic = 2
	PTInterp  = ptInterp
	PTNote    = 4
)

// A Segment is a program header (elf(5), Elf64_Phdr). debug/elf would tell more, and costs every start
// of the program a few page faults.
type Segment struct {
	Type            uint32
	Offset, Address uint64 // in the file, and in memory
	Size            uint64 // in the file
}

// Segments reads the program headers of an ELF file, and its byte order. Errors are those of reading,
// and those of a broken file.
func Segments(r io.ReaderAt) ([]Segment, binary.ByteOrder, error) {
	var buf [Window]byte
	start, err := readStart(r, buf[:])
	if err != nil {
		return nil, nil, err
	}
	if len(start) < len(elfMagic) || string(start[:len(elfMagic)]) != elfMagic {
		return nil, nil, errNotELF
	}
	l, order, err := identify(start)
	if err != nil {
		return nil, nil, err
	}
	table, err := segments(start, r, l, order)
	var all []Segment
	for ; len(table) > 0; table = table[l.entry:] {
		all = append(all, Segment{order.Uint32(table), l.getWord(table[l.offset:], order), l.getWord(table[l.vaddr:], order), l.getWord(table[l.filesz:], order)})
	}
	return all, order, err
}

// Owners of notes.
const (
	GNU = "GNU"
	Go  = "Go"
)

// Notes by their types: of GNU (elf(5), "Notes"), and Go's (cmd/internal/buildid/note.go).
const (
	NoteBuildID   = 3 // NT_GNU_BUILD_ID
	NoteProperty  = 5 // NT_GNU_PROPERTY_TYPE_0
	NoteGoBuildID = 4
)

// errNoNote is for a file that has no such note.
var errNoNote = errors.New("no such note")

// maxNotes is how much of a segment of notes is read.
const maxNotes = 64 << 10

// Note returns what a note of an owner says, and where in the file that lies.
func Note(r io.ReaderAt, owner string, kind uint32) (text []byte, at uint64, order binary.ByteOrder, err error) {
	all, order, err := Segments(r)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, s := range all {
		if s.Type != PTNote || s.Size > maxNotes {
			continue
		}
		b := make([]byte, s.Size)
		if err := readAll(r, b, s.Offset); err != nil {
			return nil, 0, nil, fmt.Errorf("ELF notes: %w", err)
		}
		if text, at, found := noteIn(b, owner, kind, order); found {
			return text, s.Offset + at, order, nil
		}
	}
	return nil, 0, nil, errNoNote
}

// noteIn looks for a note: three numbers, a name and a text, both of which are filled up to words.
func noteIn(b []byte, owner string, kind uint32, order binary.ByteOrder) (text []byte, at uint64, found bool) {
	const head, word = 12, 4
	fill := func(n uint32) uint64 { return (uint64(n) + word - 1) &^ (word - 1) }
	for len(b) >= head {
		name, size := fill(order.Uint32(b)), order.Uint32(b[4:])
		end := head + name + fill(size)
		if end > uint64(len(b)) {
			break
		}
		if order.Uint32(b[8:]) == kind && string(bytes.TrimRight(b[head:head+name], "\x00")) == owner {
			return b[head+name : head+name+uint64(size)], at + head + name, true
		}
		b, at = b[end:], at+end
	}
	return nil, 0, false
}
