package emulator

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestReadVersion(t *testing.T) {
	far := strings.Repeat("x", 3*chunk)
	straddling := func(at int) string { // the string begins there
		return strings.Repeat("y", at-len("\x00usage\x00")) + qemu("arm", "6.0.1")
	}
	want := Version{6, 0, "6.0.1"}
	for _, c := range []struct {
		what, data string
		want       Version
	}{
		{"simple", qemu("arm", "6.0.1"), want},
		{"far", far + qemu("arm", "6.0.1"), want},
		{"over the end of a chunk", straddling(chunk + maxText - 30), want},
		{"the anchor over the end of a chunk", straddling(chunk + maxText - 64), want},
		{"the anchor begins a chunk", straddling(chunk + maxText - 56), want},
		{"over the end of the second chunk", straddling(2*chunk + maxText - 60), want},
		{"another's copyright first", "\x00By Fabrice Bellard\x00" + qemu("arm", "6.0.1"), want},
		{"fedora", qemu("arm", "8.1.3 (qemu-8.1.3-1.fc39)"), Version{8, 1, "8.1.3 (qemu-8.1.3-1.fc39)"}},
		{"candidate", qemu("arm", "5.2.90"), Version{5, 2, "5.2.90"}},
		{"no third number", qemu("arm", "10.0"), Version{10, 0, "10.0"}},
		{"two digits", qemu("arm", "11.12.3"), Version{11, 12, "11.12.3"}},
		{"by format", qemu("%s", "10.1.0"), Version{10, 1, "10.1.0"}},
		{"nothing", far, Version{}},
		{"no data", "", Version{}},
		{"another program of QEMU", "\x00qemu-img version 7.2\nFabrice Bellard\x00", Version{}},
		{"no number", qemu("arm", "seven.2"), Version{}},
		{"no dot", qemu("arm", "7"), Version{}},
		{"no minor", qemu("arm", "7.x"), Version{}},
		{"too large", qemu("arm", "99999999999999999999.1"), Version{}},
		{"negative", qemu("arm", "-6.1"), Version{}},
		{"not in time", strings.Repeat("z", maxBytes) + qemu("arm", "6.0.1"), Version{}},
	} {
		for _, e := range []elf{{data: c.data}, {data: c.data, sections: true}, {data: c.data, exec: true}, {data: c.data, interp: "/ld"}} {
			got, found := ReadVersion(strings.NewReader(e.String()))
			if got != c.want || found != (c.want != Version{}) {
				t.Errorf("%s, %t %t: %+v, %t", c.what, e.sections, e.exec, got, found)
			}
		}
	}
}

// A file that is cut off, or whose headers say anything, is not QEMU, and takes no time.
func FuzzReadVersion(f *testing.F) {
	whole := elf{data: qemu("arm", "6.0.1"), sections: true}.String()
	for n := range len(whole) {
		f.Add([]byte(whole[:n]))
	}
	for _, at := range []int{4, 5, 16, 32, 39, 40, 47, 54, 56, 58, 60} {
		for _, c := range []byte{0, 1, 2, 0x7f, 0xff} {
			b := []byte(whole)
			b[at] = c
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, found := ReadVersion(bytes.NewReader(b)); found && v.Text == "" {
			t.Errorf("%+v", v)
		}
	})
}

// Programs of this machine that are not QEMU; the second is large.
func TestReadVersionOfOthers(t *testing.T) {
	for _, path := range []string{"/bin/sh", "/proc/self/exe", "/etc/passwd", "/dev/null"} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		// The anchor is in this binary, too.
		if v, found := ReadVersion(f); found && path != "/proc/self/exe" {
			t.Errorf("%s: %+v", path, v)
		}
		f.Close()
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		kind          Kind
		version       Version
		plain, setuid string
	}{
		{QEMU, Version{Major: 7, Minor: 2}, "POF", "POCF"},
		{QEMU, Version{Major: 6}, "POF", "POCF"},
		{QEMU, Version{Major: 11, Minor: 1}, "POF", "POCF"},
		{QEMU, Version{Major: 5, Minor: 2}, "OF", "OCF"},
		{QEMU, Version{}, "OF", "OCF"},
		{FEX, Version{}, "POF", "POCF"},
		{Box64, Version{}, "F", "OCF"},
		{Blink, Version{}, "F", "OCF"},
		{Unknown, Version{}, "F", "OCF"},
	} {
		if plain, setuid := Flags(c.kind, c.version, false), Flags(c.kind, c.version, true); plain != c.plain || setuid != c.setuid {
			t.Errorf("%s %+v: %s and %s, want %s and %s", c.kind, c.version, plain, setuid, c.plain, c.setuid)
		}
	}
	wrapper := Emulator{Path: "/nix/store/abc-qemu-aarch64-binfmt-P/bin/qemu-aarch64-binfmt-P"}
	if flags := wrapper.Flags(false); flags != "PF" {
		t.Errorf("wrapper: %s", flags)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name string
		mode os.FileMode
		kind Kind
	}{
		{"FEX", 0o755, FEX}, {"FEXInterpreter", 0o755, FEX}, {"box64", 0o755, Box64}, {"box32", 0o755, Box64}, {"blink", 0o755, Blink},
		{"blink2", 0o755, Unknown}, {"qemu-x", 0o755, Unknown}, {"qemu-x", 0o111, QEMU}, {"emulator", 0o111, Unknown},
	} {
		r := newRoot(t)
		r.file("/opt/"+c.name, elf{}.String(), c.mode)
		r.Given = []Given{{arch(t, "aarch64"), "/opt/" + c.name}}
		if e, err := r.Find(arch(t, "aarch64"), true); err != nil || e.Kind != c.kind {
			t.Errorf("%s: %+v, %v", c.name, e, err)
		}
	}
}

func benchmarkReadVersion(b *testing.B, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for b.Loop() {
		ReadVersion(f)
	}
}

func BenchmarkReadVersion(b *testing.B)        { benchmarkReadVersion(b, debian(b, "aarch64")) }
func BenchmarkReadVersionHexagon(b *testing.B) { benchmarkReadVersion(b, debian(b, "hexagon")) }
func BenchmarkReadVersionNone(b *testing.B)    { benchmarkReadVersion(b, "/usr/bin/qemu-storage-daemon") }
