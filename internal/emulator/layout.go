package emulator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// Offsets and numbers of elf(5), for files of 64 bits.
const (
	class64    = 2
	headerSize = 64
	entryAt    = 24 // e_entry
	phoffAt    = 32
	phsizeAt   = 54 // e_phentsize
	phnumAt    = 56

	segmentSize = 56
	ptLoad      = 1
	ptPhdr      = 6
	readExecute = 5 // PF_R | PF_X
)

// layout is an ELF file, and where there is room for one segment more. The machines that insert is
// written for are all little-endian.
type layout struct {
	header   [headerSize]byte
	segments []byte // the program headers
	offset   uint64 // of the segment to be added, in the file
	address  uint64 // in memory
	align    uint64
}

// layOut reads the headers.
func layOut(file descriptor) (*layout, error) {
	var l layout
	if _, err := file.ReadAt(l.header[:], 0); err != nil {
		return nil, fmt.Errorf("ELF header: %w", err)
	}
	if l.header[4] != class64 || l.header[5] != 1 || binary.LittleEndian.Uint16(l.header[phsizeAt:]) != segmentSize {
		return nil, errors.New("not an ELF file of 64 bits, little-endian")
	}
	l.segments = make([]byte, int(binary.LittleEndian.Uint16(l.header[phnumAt:]))*segmentSize)
	if _, err := file.ReadAt(l.segments, int64(binary.LittleEndian.Uint64(l.header[phoffAt:]))); err != nil {
		return nil, fmt.Errorf("ELF program headers: %w", err)
	}
	return &l, l.findRoom(file)
}

// findRoom looks for the end of the file, and of what is loaded.
func (l *layout) findRoom(file descriptor) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(file), &st); err != nil {
		return err
	}
	l.align = uint64(unix.Getpagesize())
	for s := l.segments; len(s) > 0; s = s[segmentSize:] {
		if binary.LittleEndian.Uint32(s) == ptLoad {
			l.address = max(l.address, binary.LittleEndian.Uint64(s[16:])+binary.LittleEndian.Uint64(s[40:])) // p_vaddr and p_memsz
			l.align = max(l.align, binary.LittleEndian.Uint64(s[48:]))
		}
	}
	if l.address == 0 || l.align&(l.align-1) != 0 || l.align > 1<<24 {
		return errors.New("its segments are not as the kernel loads them")
	}
	l.offset, l.address = roundUp(uint64(st.Size), l.align), roundUp(l.address, l.align)
	return nil
}

// completed is the table with a segment of that size more, in which it lies itself. By PT_PHDR
// musl finds out where the program lies (static_init_tls of src/env/__init_tls.c).
func (l *layout) completed(size uint64) []byte {
	table := append([]byte(nil), l.segments...)
	length := uint64(len(table) + segmentSize)
	for s := table; len(s) > 0; s = s[segmentSize:] {
		if binary.LittleEndian.Uint32(s) == ptPhdr {
			l.place(s, length)
		}
	}
	var added [segmentSize]byte
	binary.LittleEndian.PutUint32(added[0:], ptLoad)
	binary.LittleEndian.PutUint32(added[4:], readExecute)
	binary.LittleEndian.PutUint64(added[48:], l.align)
	l.place(added[:], size)
	return append(table, added[:]...)
}

// place makes a program header one for what begins where there is room.
func (l *layout) place(segment []byte, size uint64) {
	for i, v := range [...]uint64{l.offset, l.address, l.address, size, size} {
		binary.LittleEndian.PutUint64(segment[8+8*i:], v)
	}
}

func roundUp(n, to uint64) uint64 { return (n + to - 1) &^ (to - 1) }

// descriptor is a file without a poller, which an os.File would start.
type descriptor int

func (fd descriptor) ReadAt(buf []byte, offset int64) (n int, err error) {
	n, err = unix.Pread(int(fd), buf, offset)
	if err == nil && n < len(buf) {
		err = io.ErrUnexpectedEOF
	}
	return max(n, 0), err
}

func writeAt(fd descriptor, text []byte, offset uint64) error {
	for len(text) > 0 {
		n, err := unix.Pwrite(int(fd), text, int64(offset))
		if err != nil {
			return err
		}
		text, offset = text[n:], offset+uint64(n)
	}
	return nil
}
