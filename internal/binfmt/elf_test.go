package binfmt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// elfFile writes a small ELF file: header, program headers (PT_NULL but for one PT_INTERP), the
// interpreter.
type elfFile struct {
	Header
	headers int // program headers before PT_INTERP
	interp  string
}

func (f elfFile) bytes() []byte {
	l, order := &layout32, binary.ByteOrder(binary.LittleEndian)
	if f.Class == class64 {
		l = &layout64
	}
	if f.Data == dataBE {
		order = binary.BigEndian
	}
	word := func(b []byte, n int) {
		if l.word == 4 {
			order.PutUint32(b, uint32(n))
		} else {
			order.PutUint64(b, uint64(n))
		}
	}
	n := f.headers
	if f.interp != "" {
		n++
	}
	b := make([]byte, l.size+n*l.entry)
	copy(b, elfMagic+string([]byte{f.Class, f.Data, 1}))
	order.PutUint16(b[16:], f.Type)
	order.PutUint16(b[18:], f.Machine)
	order.PutUint32(b[l.flags:], f.Flags)
	word(b[l.phoff:], l.size)
	order.PutUint16(b[l.phentsize-2:], uint16(l.size)) // e_ehsize: QEMU looks at it
	order.PutUint16(b[l.phentsize:], uint16(l.entry))
	order.PutUint16(b[l.phnum:], uint16(n))
	if f.interp != "" {
		last := b[len(b)-l.entry:]
		order.PutUint32(last, ptInterp)
		word(last[l.offset:], len(b))
		word(last[l.filesz:], len(f.interp))
	}
	return append(b, f.interp...)
}

func header(class, data byte, machine uint16) Header {
	return Header{Class: class, Data: data, Type: typeExec, Machine: machine}
}

func TestReadHeader(t *testing.T) {
	for _, f := range []elfFile{
		{Header: header(1, 1, 3)},
		{Header: header(1, 2, 20), headers: 3, interp: "/lib/ld.so.1\x00"},
		{Header: header(2, 1, 62), headers: 12, interp: "/lib64/ld-linux-x86-64.so.2\x00"},
		{Header: header(2, 2, 21), interp: "/lib64/ld64.so.1\x00"},
		{Header: Header{Class: 1, Data: 2, Type: 3, Machine: 8, Flags: 0x70001025}, interp: "/x\x00"},
		{Header: Header{Class: 2, Data: 1, Type: 3, Machine: 183, Flags: 0xfedcba98}},
		{Header: header(2, 1, 62), headers: 1169, interp: "/x\x00"},                              // 64 KiB of program headers
		{Header: header(2, 1, 62), interp: "/" + strings.Repeat("x", maxInterp-2) + "\x00"},      // the longest
		{Header: header(2, 1, 62), interp: "/x\x00/y\x00"},                                       // a path ends at its NUL
		{Header: header(1, 1, 40), headers: 0, interp: "\x00\x00"},                               // an empty one
		{Header: header(1, 1, 40), headers: 5, interp: ""},                                       // a static program
		{Header: Header{Class: 2, Data: 1, Type: 1, Machine: 62}, headers: 0, interp: ""},        // an object file
		{Header: Header{Class: 2, Data: 1, Type: 0xffff, Machine: 0xffff, Flags: 0xffffffff}},    // no known value
		{Header: Header{Class: 1, Data: 1, Type: 2, Machine: 3}, headers: 2047, interp: "/\x00"}, // 64 KiB, 32 bits
	} {
		want := f.Header
		want.Interp, _, _ = strings.Cut(f.interp, "\x00")
		got, err := readHeader(bytes.NewReader(f.bytes()))
		if err != nil || *got != want {
			t.Errorf("header %+v is read as %+v, %v", want, got, err)
		}
	}
}

func TestReadHeaderOnlyFirstInterp(t *testing.T) {
	b := elfFile{Header: header(2, 1, 62), headers: 1, interp: "/first\x00/second\x00"}.bytes()
	first, second := b[64:64+56], b[64+56:64+112]
	copy(first, second)
	binary.LittleEndian.PutUint64(first[32:], 7)
	binary.LittleEndian.PutUint64(second[8:], 64+112+7)
	h, err := readHeader(bytes.NewReader(b))
	if err != nil || h.Interp != "/first" {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestReadHeaderErrors(t *testing.T) {
	plain := elfFile{Header: header(2, 1, 62), interp: "/lib/ld.so\x00"}
	small := elfFile{Header: header(1, 2, 20), interp: "/lib/ld.so\x00"}
	for _, c := range []struct {
		what   string
		file   elfFile
		change func([]byte) []byte
		err    string
	}{
		{"empty", plain, func(b []byte) []byte { return nil }, "not an ELF file"},
		{"three bytes", plain, func(b []byte) []byte { return b[:3] }, "not an ELF file"},
		{"another magic", plain, func(b []byte) []byte { b[3]++; return b }, "not an ELF file"},
		{"magic only", plain, func(b []byte) []byte { return b[:4] }, "ELF header: truncated after 4 bytes"},
		{"63 bytes of 64", plain, func(b []byte) []byte { return b[:63] }, "ELF header: truncated after 63 bytes"},
		{"51 bytes of 52", small, func(b []byte) []byte { return b[:51] }, "ELF header: truncated after 51 bytes"},
		{"class 0", plain, func(b []byte) []byte { b[4] = 0; return b }, "ELF header: the class is 0, neither 1 (32 bits) nor 2 (64 bits)"},
		{"class 3", plain, func(b []byte) []byte { b[4] = 3; return b }, "ELF header: the class is 3, neither 1 (32 bits) nor 2 (64 bits)"},
		{"data 0", plain, func(b []byte) []byte { b[5] = 0; return b },
			"ELF header: the byte order is 0, neither 1 (little-endian) nor 2 (big-endian)"},
		{"phentsize", plain, func(b []byte) []byte { b[54]++; return b }, "ELF header: program headers of 57 bytes, not 56"},
		{"phentsize of the other class", small, func(b []byte) []byte { b[43] = 56; return b }, "ELF header: program headers of 56 bytes, not 32"},
		{"phnum 65535", plain, func(b []byte) []byte { b[56], b[57] = 255, 255; return b },
			"ELF header: 65535 program headers are more than the kernel takes"},
		{"phnum 1171", plain, func(b []byte) []byte { binary.LittleEndian.PutUint16(b[56:], 1171); return b },
			"ELF header: 1171 program headers are more than the kernel takes"},
		{"phoff at the end", plain, func(b []byte) []byte { b[32] = byte(len(b)); return b },
			"ELF program headers: truncated: 56 bytes at offset 131 are not all in the file"},
		{"phoff 2^63", plain, func(b []byte) []byte { b[39] = 0x80; return b },
			"ELF program headers: offset 0x8000000000000040 is outside any file"},
		{"phoff 2^63-1", plain, func(b []byte) []byte { copy(b[32:], "\xff\xff\xff\xff\xff\xff\xff\x7f"); return b },
			"ELF program headers: offset 0x7fffffffffffffff is outside any file"},
		{"interp cut", plain, func(b []byte) []byte { return b[:len(b)-1] },
			"ELF interpreter: truncated: 11 bytes at offset 120 are not all in the file"},
		{"interp at 2^64-1", plain, func(b []byte) []byte { copy(b[72:], "\xff\xff\xff\xff\xff\xff\xff\xff"); return b },
			"ELF interpreter: offset 0xffffffffffffffff is outside any file"},
		{"interp of 1 byte", plain, func(b []byte) []byte { b[96] = 1; return b }, "ELF interpreter: a path of 1 bytes, not 2 to 4096"},
		{"interp of 4097 bytes", plain, func(b []byte) []byte { b[96], b[97] = 1, 16; return b }, "ELF interpreter: a path of 4097 bytes, not 2 to 4096"},
		{"interp of 2^64-1 bytes", plain, func(b []byte) []byte { copy(b[96:], "\xff\xff\xff\xff\xff\xff\xff\xff"); return b },
			"ELF interpreter: a path of 18446744073709551615 bytes, not 2 to 4096"},
		{"interp of 2^32-1 bytes", small, func(b []byte) []byte { copy(b[68:], "\xff\xff\xff\xff"); return b },
			"ELF interpreter: a path of 4294967295 bytes, not 2 to 4096"},
		{"interp without NUL", plain, func(b []byte) []byte { b[len(b)-1] = 'x'; return b }, "ELF interpreter: the path does not end in NUL"},
	} {
		h, err := readHeader(bytes.NewReader(c.change(c.file.bytes())))
		if err == nil || err.Error() != c.err || h != nil {
			t.Errorf("%s: %+v, %v, want %s", c.what, h, err, c.err)
		}
		if wantNot := strings.HasPrefix(c.err, "not"); errors.Is(err, errNotELF) != wantNot {
			t.Errorf("%s: errors.Is(errNotELF) is %v", c.what, !wantNot)
		}
	}
}

// failing fails every read that does not start at 0 (or every one).
type failing struct {
	start []byte
	err   error
}

func (f failing) ReadAt(b []byte, offset int64) (int, error) {
	if offset == 0 && f.start != nil {
		return copy(b, f.start), nil
	}
	return 0, f.err
}

func TestReadHeaderPassesReadErrorsOn(t *testing.T) {
	broken := errors.New("disk on fire")
	whole := elfFile{Header: header(2, 1, 62), headers: 4}.bytes()
	for _, r := range []failing{{nil, broken}, {whole[:64], broken}} {
		if _, err := readHeader(r); !errors.Is(err, broken) {
			t.Errorf("readHeader: %v", err)
		}
		if _, err := Inspect(r); !errors.Is(err, broken) {
			t.Errorf("Inspect: %v", err)
		}
	}
}

func inspectPath(t *testing.T, path string) *Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	image, err := Inspect(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return image
}

func TestOwnBinary(t *testing.T) {
	image := inspectPath(t, "/proc/self/exe")
	if image.Kind != KindELF || image.ELF.Arch() != Host() || Host() == nil {
		t.Errorf("the test is %+v (%+v) on %+v", image, image.ELF, Host())
	}
}

// readHeader reads the header of a whole file.
func readHeader(r io.ReaderAt) (*Header, error) {
	start, err := readStart(r, make([]byte, 64))
	if err != nil {
		return nil, err
	}
	return parseHeader(start, r)
}
