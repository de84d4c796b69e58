package binfmt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Numbers of elf(5).
const (
	elfMagic = "\x7fELF"

	class32, class64 = 1, 2
	dataLE, dataBE   = 1, 2

	typeExec = 2 // ET_EXEC; ET_DYN is 3
	ptInterp = 3
)

const (
	maxInterp   = 4096      // PATH_MAX with its NUL: load_elf_binary, fs/binfmt_elf.c, refuses more
	maxSegments = 64 * 1024 // bytes of program headers that load_elf_phdrs, fs/binfmt_elf.c, takes
)

// errNotELF says that a file does not begin as an ELF file does.
var errNotELF = errors.New("not an ELF file")

// Header is what tells who can run an ELF file: fields of the ELF header under the names of elf(5),
// and the program interpreter.
type Header struct {
	Class, Data   byte // 1: 32 bits, 2: 64 bits; 1: little-endian, 2: big-endian
	Type, Machine uint16
	Flags         uint32
	Interp        string // path of the dynamic loader from PT_INTERP; "" if the program is static
}

// layout is where a class keeps the fields: offsets and sizes in bytes.
type layout struct {
	size, phoff, flags, phentsize, phnum int // of the ELF header
	word                                 int // of an offset
	entry, offset, vaddr, filesz         int // of a program header
}

var (
	layout32 = layout{size: 52, phoff: 28, flags: 36, phentsize: 42, phnum: 44, word: 4, entry: 32, offset: 4, vaddr: 8, filesz: 16}
	layout64 = layout{size: 64, phoff: 32, flags: 48, phentsize: 54, phnum: 56, word: 8, entry: 56, offset: 8, vaddr: 16, filesz: 32}
)

// readStart fills buf from the start of r, as far as the file reaches.
func readStart(r io.ReaderAt, buf []byte) ([]byte, error) {
	n, err := r.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the first %d bytes: %w", len(buf), err)
	}
	return buf[:n], nil
}

// parseHeader reads the ELF header of r, which begins with start, and its interpreter. A file that
// is none gives errNotELF. Headers that the kernel would refuse, because they are truncated or
// point outside the file, are errors that say so; memory and time are bounded whatever the file
// says.
func parseHeader(start []byte, r io.ReaderAt) (*Header, error) {
	if !strings.HasPrefix(string(start), elfMagic) {
		return nil, errNotELF
	}
	l, order, err := identify(start)
	if err != nil {
		return nil, err
	}
	h := &Header{
		Class:   start[4],
		Data:    start[5],
		Type:    order.Uint16(start[16:]),
		Machine: order.Uint16(start[18:]),
		Flags:   order.Uint32(start[l.flags:]),
	}
	table, err := segments(start, r, l, order)
	if err != nil {
		return nil, err
	}
	h.Interp, err = interp(table, r, l, order)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// identify reads e_ident and checks that the header of that class is complete.
func identify(start []byte) (*layout, binary.ByteOrder, error) {
	if len(start) < layout32.size {
		return nil, nil, fmt.Errorf("ELF header: truncated after %d bytes", len(start))
	}
	l, order := &layout32, binary.ByteOrder(binary.LittleEndian)
	switch start[4] {
	case class32:
	case class64:
		l = &layout64
	default:
		return nil, nil, fmt.Errorf("ELF header: the class is %d, neither 1 (32 bits) nor 2 (64 bits)", start[4])
	}
	switch start[5] {
	case dataLE:
	case dataBE:
		order = binary.BigEndian
	default:
		return nil, nil, fmt.Errorf("ELF header: the byte order is %d, neither 1 (little-endian) nor 2 (big-endian)", start[5])
	}
	if len(start) < l.size {
		return nil, nil, fmt.Errorf("ELF header: truncated after %d bytes", len(start))
	}
	return l, order, nil
}

func (l *layout) getWord(b []byte, order binary.ByteOrder) uint64 {
	if l.word == 4 {
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// segments reads the program headers. An object file has none.
func segments(start []byte, r io.ReaderAt, l *layout, order binary.ByteOrder) ([]byte, error) {
	n := int(order.Uint16(start[l.phnum:]))
	if n == 0 {
		return nil, nil
	}
	if size := order.Uint16(start[l.phentsize:]); int(size) != l.entry {
		return nil, fmt.Errorf("ELF header: program headers of %d bytes, not %d", size, l.entry)
	}
	if n*l.entry > maxSegments {
		return nil, fmt.Errorf("ELF header: %d program headers are more than the kernel takes", n)
	}
	table := make([]byte, n*l.entry)
	if err := readAll(r, table, l.getWord(start[l.phoff:], order)); err != nil {
		return nil, fmt.Errorf("ELF program headers: %w", err)
	}
	return table, nil
}

// interp returns the path of the first PT_INTERP, which is the one that the kernel takes.
func interp(table []byte, r io.ReaderAt, l *layout, order binary.ByteOrder) (string, error) {
	for ; len(table) > 0; table = table[l.entry:] {
		if order.Uint32(table) != ptInterp {
			continue
		}
		size := l.getWord(table[l.filesz:], order)
		if size < 2 || size > maxInterp {
			return "", fmt.Errorf("ELF interpreter: a path of %d bytes, not 2 to %d", size, maxInterp)
		}
		path := make([]byte, size)
		if err := readAll(r, path, l.getWord(table[l.offset:], order)); err != nil {
			return "", fmt.Errorf("ELF interpreter: %w", err)
		}
		if path[size-1] != 0 {
			return "", errors.New("ELF interpreter: the path does not end in NUL")
		}
		return cstring(path), nil
	}
	return "", nil
}

// readAll fills buf from an offset that the file gave.
func readAll(r io.ReaderAt, buf []byte, offset uint64) error {
	if offset > math.MaxInt64-uint64(len(buf)) {
		return fmt.Errorf("offset %#x is outside any file", offset)
	}
	n, err := r.ReadAt(buf, int64(offset))
	switch {
	case n == len(buf):
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("truncated: %d bytes at offset %d are not all in the file", len(buf), offset)
	}
	return fmt.Errorf("read %d bytes at offset %d: %w", len(buf), offset, err)
}

// cstring returns b up to its first NUL.
func cstring(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}
