package binfmt

import (
	"bytes"
	"io"
)

// Kind is what a file is to execve(2).
type Kind uint8

const (
	KindData   Kind = iota // nothing below
	KindEmpty              // no bytes at all
	KindText               // no NUL in the first Window bytes; shells run such a file as a script of theirs
	KindScript             // a #! line that the kernel accepts
	KindELF                // what begins as an ELF file does
)

// String says what the file is, in messages: "a script".
func (k Kind) String() string {
	switch k {
	case KindEmpty:
		return "an empty file"
	case KindText:
		return "a text without a #! line"
	case KindScript:
		return "a script"
	case KindELF:
		return "an ELF file"
	}
	return "data"
}

// Image is what the start of a file says about how it is run.
type Image struct {
	Kind Kind
	ELF  *Header // KindELF only

	// KindScript only: the program after #!, and the rest of the line as its one argument ("" if
	// there is none).
	Interpreter, Argument string
}

// Inspect tells what r is. Errors are those of reading, and those of a broken ELF file.
func Inspect(r io.ReaderAt) (*Image, error) {
	var buf [Window]byte
	start, err := readStart(r, buf[:])
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(start, []byte(elfMagic)) {
		h, err := parseHeader(start, r)
		if err != nil {
			return nil, err
		}
		return &Image{Kind: KindELF, ELF: h}, nil
	}
	if interpreter, argument := Shebang(&buf); interpreter != "" {
		return &Image{Kind: KindScript, Interpreter: interpreter, Argument: argument}, nil
	}
	switch {
	case len(start) == 0:
		return &Image{Kind: KindEmpty}, nil
	case bytes.IndexByte(start, 0) < 0:
		return &Image{Kind: KindText}, nil
	}
	return &Image{Kind: KindData}, nil
}

// Shebang reads a #! line as load_script of fs/binfmt_script.c does, since commit b5372fe5dc84
// (Linux 5.1). buf is what the kernel has too: the start of the file, with NULs after a shorter
// one.
//
// A line longer than buf is good if the path in it is complete: the argument is cut off then. Two
// things are simpler here, and take a NUL in the line or no newline. An empty path, with which
// execve(2) fails (EACCES), counts as no line at all; an empty argument, which the kernel passes
// on, as none.
func Shebang(buf *[Window]byte) (interpreter, argument string) {
	if string(buf[:2]) != "#!" {
		return "", ""
	}
	end := bytes.IndexAny(buf[:], "\n\x00")
	if end < 0 || buf[end] == 0 {
		if !bytes.ContainsAny(bytes.TrimLeft(buf[2:], " \t"), " \t\x00") {
			return "", ""
		}
		end = len(buf) - 1 // the kernel puts a NUL there
	}
	line := bytes.Trim(buf[2:end], " \t")
	sep := bytes.IndexAny(line, " \t\x00")
	if sep < 0 {
		return string(line), ""
	}
	return string(line[:sep]), cstring(bytes.TrimLeft(line[sep:], " \t"))
}

// Static reports whether i is a program that needs no dynamic loader. A nil Image, of a file that
// cannot be read, is not known to be.
func (i *Image) Static() bool { return i != nil && i.Kind == KindELF && i.ELF.Interp == "" }
