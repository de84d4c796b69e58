package binfmt

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// noLoader is named by the files here, so that an emulator that takes one stops before it runs
// anything.
const noLoader = "/no/such/loader"

// hexagonFlags are those of a CPU: qemu-hexagon stops if it does not know the one that e_flags
// tell.
const hexagonFlags = 0x67

// What the rules match their emulator takes: the check of a header in QEMU is this one, and the
// kernel's.
func TestEmulatorsTakeTheirOwn(t *testing.T) {
	for _, a := range Arches() {
		for _, machine := range []uint16{a.Machine, a.Old} {
			for typ := uint16(typeExec); typ <= typeExec+1 && machine != 0; typ++ {
				h := Header{Class: a.Class, Data: a.Data, Type: typ, Machine: machine, Flags: a.Flags}
				if a.Name == "hexagon" {
					h.Flags = hexagonFlags
				}
				if out, taken := runHeader(t, a.Name, h); !taken {
					t.Errorf("qemu-%s and %+v: %s", a.Name, h, out)
				}
			}
		}
	}
}

// The headers for which there is no architecture look close to one, but not to its emulator. MIPS
// emulators tell n32 by the flag that the rules look at. The emulator for sparc32plus takes the
// files of sparc; it is not the other way round.
func TestEmulatorsRefuseOthers(t *testing.T) {
	for _, c := range []struct {
		what, emulator string
		header         Header
		taken          bool
	}{
		{"x32", "x86_64", header(1, 1, 62), false},
		{"x32", "i386", header(1, 1, 62), false},
		{"arm64 ILP32", "aarch64", header(1, 1, 183), false},
		{"arm64 ILP32", "arm", header(1, 1, 183), false},
		{"s390 of 31 bits", "s390x", header(1, 2, 22), false},
		{"parisc64", "hppa", header(2, 2, 15), false},
		{"n32", "mips", Header{Class: 1, Data: 2, Type: 2, Machine: 8, Flags: mipsABI2}, false},
		{"o32", "mipsn32", header(1, 2, 8), false},
		{"n32", "mipsel", Header{Class: 1, Data: 1, Type: 2, Machine: 8, Flags: mipsABI2}, false},
		{"o32", "mipsn32el", header(1, 1, 8), false},
		{"v8plus", "sparc", header(1, 2, 18), false},
		{"sparc", "sparc32plus", header(1, 2, 2), true},
	} {
		if out, taken := runHeader(t, c.emulator, c.header); taken != c.taken {
			t.Errorf("qemu-%s and %s: %s", c.emulator, c.what, out)
		}
	}
}

// runHeader gives an emulator a file that has this header and no program in it. It is taken unless
// the emulator says that it is not for it: with ET_DYN it gets as far as looking for the loader,
// with ET_EXEC it finds nothing to map.
func runHeader(t *testing.T, target string, h Header) (output string, taken bool) {
	t.Helper()
	emulator, err := exec.LookPath("qemu-" + target + "-static")
	if err != nil {
		emulator, err = exec.LookPath("qemu-" + target)
	}
	if err != nil {
		asuser.Skip(t, err.Error()+": scripts/install-deps test")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, elfFile{Header: h, interp: noLoader + "\x00"}.bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(emulator, file).CombinedOutput()
	text := string(out)
	refused := strings.Contains(text, "Invalid ELF image for this architecture")
	started := strings.Contains(text, noLoader) || h.Type == typeExec && strings.Contains(text, "mapping")
	if err == nil || refused == started {
		t.Errorf("qemu-%s and %+v: %v, %q", target, h, err, text)
	}
	return text, !refused
}
