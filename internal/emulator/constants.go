package emulator

import (
	"encoding/binary"
	"io"
	"math"
)

// Numbers of elf(5).
const (
	sectionProgbits = 1 // SHT_PROGBITS
	sectionWrite    = 1 // SHF_WRITE
	sectionAlloc    = 2 // SHF_ALLOC
	sectionExec     = 4 // SHF_EXECINSTR

	segmentLoad = 1 // PT_LOAD
	segmentExec = 1 // PF_X
	segmentRead = 4 // PF_R
	segmentSet  = 7 // all of PF_R, PF_W, PF_X

	maxEntries = 256 // headers that are looked at; QEMU has 35 sections
)

// area is a part of a file.
type area struct{ offset, size uint64 }

// headers is where a class keeps the fields: offsets in bytes.
type headers struct {
	word                                                  int // bytes of an offset
	phoff, shoff, phentsize, phnum, shentsize, shnum, end int // ELF header
	poffset, pfilesz, pflags, psize                       int // program header
	sflags, soffset, ssize, slen                          int // section header; sh_type is at 4 in both
}

var (
	headers32 = headers{4, 28, 32, 42, 44, 46, 48, 52, 4, 16, 24, 32, 8, 16, 20, 40}
	headers64 = headers{8, 32, 40, 54, 56, 58, 60, 64, 8, 32, 4, 56, 8, 24, 32, 64}
)

// constants returns where an ELF file keeps them: .rodata first of all. Sections are asked for by
// what they are, which saves reading their names; the others of that sort in front of it are small.
// Without section headers, the segments that are only read, and then, for older linkers, which mix
// them with code, those that are also executed.
func constants(r io.ReaderAt) []area {
	var start [64]byte
	n, _ := r.ReadAt(start[:], 0)
	if n < headers32.end || string(start[:4]) != "\x7fELF" {
		return nil
	}
	h, order := &headers32, binary.ByteOrder(binary.LittleEndian)
	if start[4] == 2 {
		h = &headers64
	}
	if start[5] == 2 {
		order = binary.BigEndian
	}
	if areas := h.sections(r, start[:], order); len(areas) > 0 {
		return areas
	}
	return append(h.segments(r, start[:], order, segmentRead), h.segments(r, start[:], order, segmentRead|segmentExec)...)
}

func (h *headers) sections(r io.ReaderAt, start []byte, order binary.ByteOrder) (areas []area) {
	for _, s := range h.table(r, start, order, h.shoff, h.shentsize, h.shnum, h.slen) {
		flags := h.get(s[h.sflags:], order)
		if order.Uint32(s[4:]) == sectionProgbits && flags&(sectionWrite|sectionAlloc|sectionExec) == sectionAlloc {
			areas = appendArea(areas, h.get(s[h.soffset:], order), h.get(s[h.ssize:], order))
		}
	}
	return areas
}

func (h *headers) segments(r io.ReaderAt, start []byte, order binary.ByteOrder, flags uint32) (areas []area) {
	for _, p := range h.table(r, start, order, h.phoff, h.phentsize, h.phnum, h.psize) {
		if order.Uint32(p) == segmentLoad && order.Uint32(p[h.pflags:])&segmentSet == flags {
			areas = appendArea(areas, h.get(p[h.poffset:], order), h.get(p[h.pfilesz:], order))
		}
	}
	return areas
}

// appendArea leaves out what no file can have.
func appendArea(areas []area, offset, size uint64) []area {
	if size == 0 || offset > math.MaxInt64-maxBytes {
		return areas
	}
	return append(areas, area{offset, size})
}

// table reads a table of headers, which the ELF header describes: as much of it as is there.
func (h *headers) table(r io.ReaderAt, start []byte, order binary.ByteOrder, off, entsize, num, want int) (entries [][]byte) {
	offset, count := h.get(start[off:], order), min(int(order.Uint16(start[num:])), maxEntries)
	if int(order.Uint16(start[entsize:])) != want || offset > math.MaxInt64-maxBytes {
		return nil
	}
	table := make([]byte, count*want)
	n, _ := r.ReadAt(table, int64(offset))
	for table = table[:n]; len(table) >= want; table = table[want:] {
		entries = append(entries, table[:want])
	}
	return entries
}

func (h *headers) get(b []byte, order binary.ByteOrder) uint64 {
	if h.word == 4 {
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}
