package emulator

import (
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) {
	// Who fuzzes has a cache for what is found, which another user could not write to.
	if slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-test.fuzz") }) {
		os.Exit(m.Run())
	}
	asuser.Main(m, nil)
}

func arch(t testing.TB, name string) *binfmt.Arch {
	t.Helper()
	a := binfmt.FindArch(name)
	if a == nil {
		t.Fatalf("no architecture %s", name)
	}
	return a
}

// targets are all that emulators exist for.
var targets = []string{"aarch64", "aarch64_be", "alpha", "arm", "armeb", "hexagon", "hppa", "i386", "loongarch64", "m68k",
	"microblaze", "microblazeel", "mips", "mipsel", "mipsn32", "mipsn32el", "mips64", "mips64el", "or1k", "ppc", "ppc64",
	"ppc64le", "riscv32", "riscv64", "s390x", "sh4", "sh4eb", "sparc", "sparc32plus", "sparc64", "x86_64", "xtensa", "xtensaeb"}

// debian is where the emulator of Debian's package for a target is.
func debian(t testing.TB, target string) string {
	t.Helper()
	path := "/usr/bin/qemu-" + target + "-static"
	if _, err := os.Stat(path); err != nil {
		if t, ok := t.(*testing.T); ok {
			asuser.Skip(t, "there is no "+path)
		}
		t.Fatal(err)
	}
	return path
}

// elf makes a program for this machine: a header, program headers, and data in a segment that is
// only read, or in a section.
type elf struct {
	interp   string // dynamic then
	data     string
	sections bool
	machine  uint16
	exec     bool // the segment is executed, too
}

func (f elf) String() string {
	const end = 64 + 2*56
	b := make([]byte, end)
	order := binary.LittleEndian
	host := binfmt.Host()
	machine := host.Machine
	if f.machine != 0 {
		machine = f.machine
	}
	copy(b, "\x7fELF")
	b[4], b[5], b[6] = host.Class, host.Data, 1
	order.PutUint16(b[16:], 3)
	order.PutUint16(b[18:], machine)
	order.PutUint64(b[32:], 64)
	order.PutUint16(b[54:], 56)
	order.PutUint16(b[56:], 2)
	order.PutUint16(b[58:], 64)
	segment := func(at int, typ, flags uint32, offset, size int) {
		order.PutUint32(b[at:], typ)
		order.PutUint32(b[at+4:], flags)
		order.PutUint64(b[at+8:], uint64(offset))
		order.PutUint64(b[at+32:], uint64(size))
	}
	flags := uint32(segmentRead)
	if f.exec {
		flags |= segmentExec
	}
	if !f.sections {
		segment(64, segmentLoad, flags, end, len(f.data))
	}
	if f.interp != "" {
		segment(64+56, 3, segmentRead, end+len(f.data), len(f.interp)+1)
	}
	b = append(b, f.data+f.interp+"\x00"...)
	if f.sections {
		order.PutUint64(b[40:], uint64(len(b)))
		order.PutUint16(b[60:], 1)
		s := make([]byte, 64)
		order.PutUint32(s[4:], sectionProgbits)
		order.PutUint64(s[8:], sectionAlloc)
		order.PutUint64(s[24:], end)
		order.PutUint64(s[32:], uint64(len(f.data)))
		b = append(b, s...)
	}
	return string(b)
}

// qemu is what QEMU has among its constants.
func qemu(target, version string) string {
	return "\x00usage\x00qemu-" + target + " version " + version +
		"\nCopyright (c) 2003-2022 Fabrice Bellard and the QEMU Project developers\x00more\x00"
}

var (
	static  = elf{data: qemu("aarch64", "9.2.0 (made)")}.String()
	dynamic = elf{data: qemu("aarch64", "8.1.0"), interp: "/lib64/ld-linux-x86-64.so.2"}.String()
)

// root makes a folder that stands for /.
type root struct {
	t testing.TB
	Search
}

func newRoot(t testing.TB) *root {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &root{t, Search{Root: dir}}
}

func (r *root) file(path, content string, mode fs.FileMode) {
	r.t.Helper()
	path = r.Root + path
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r *root) link(path, to string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.Root+path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Symlink(to, r.Root+path); err != nil {
		r.t.Fatal(err)
	}
}

func (r *root) chmod(path string, mode fs.FileMode) {
	r.t.Helper()
	if err := os.Chmod(r.Root+path, mode); err != nil {
		r.t.Fatal(err)
	}
}
