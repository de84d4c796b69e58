package seccomp

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
)

// An entrance is an instruction by which a program enters the kernel, and what it adds to the
// numbers.
type entrance struct {
	name   string
	column column
	extra  uint32
}

var entrances = []entrance{{"x86-64", amd64, 0}, {"i386", i386, 0}, {"x32", amd64, x32}}

// Where the program that caller makes lies, and the text that its calls can point to.
const (
	base     = 0x400000
	textAt   = base + 0x800
	emptyAt  = base + 0xf00 // nothing but zeros
	fileText = "file"
)

// caller makes a program of x86-64 without any library, which makes one system call and exits with
// its errno, or with 0. No compiler makes programs for x32 here, nor for i386 without further
// packages.
func caller(t *testing.T, e entrance, number uint32, args []uint32, text string) (file string) {
	t.Helper()
	code := append([]byte{0xb8}, word(number|e.extra)...) // mov eax, number
	registers := [][]byte{{0xbf}, {0xbe}, {0xba}, {0x41, 0xba}, {0x41, 0xb8}}
	enter := []byte{0x0f, 0x05} // syscall
	if e.column == i386 {
		registers = [][]byte{{0xbb}, {0xb9}, {0xba}, {0xbe}, {0xbf}}
		enter = []byte{0xcd, 0x80} // int 0x80
	}
	for i, arg := range args {
		code = append(append(code, registers[i]...), word(arg)...)
	}
	code = append(code, enter...)
	code = append(code, 0x89, 0xc7, // mov edi, eax
		0xf7, 0xdf, // neg edi
		0x79, 0x02, // jns, over the next
		0x31, 0xff, // xor edi, edi
		0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05) // exit(edi)

	image := make([]byte, 0x1000)
	var header bytes.Buffer
	header.WriteString("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, field := range []any{uint16(2), uint16(62), uint32(1), uint64(base + 0x100), uint64(64), uint64(0), uint32(0),
		uint16(64), uint16(56), uint16(1), uint16(0), uint16(0), uint16(0), // one segment, of all the file:
		uint32(1), uint32(7), uint64(0), uint64(base), uint64(base), uint64(len(image)), uint64(len(image)), uint64(0x1000)} {
		binary.Write(&header, binary.LittleEndian, field)
	}
	copy(image, header.Bytes())
	copy(image[0x100:], code)
	copy(image[textAt-base:], text)
	file = t.TempDir() + "/caller"
	if err := os.WriteFile(file, image, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func word(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
