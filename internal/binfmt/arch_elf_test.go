package binfmt

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// linked are the files that GNU binutils of Debian make, for all rows but hexagon, microblaze,
// microblazeel and xtensaeb, which it has no binutils for, and loongarch64, which Go makes programs
// for.
var linked = []struct {
	target  string // "" if no emulator takes them
	tools   string // prefix of as and ld
	as, ld  []string
	source  string // what _start does; a word of 0 unless told
	exeOnly bool   // no Linux tools: they link no shared objects
}{
	{target: "aarch64", tools: "aarch64-linux-gnu"},
	{target: "aarch64_be", tools: "aarch64-linux-gnu", as: []string{"-EB"}, ld: []string{"-EB", "-m", "aarch64linuxb"}},
	{target: "", tools: "aarch64-linux-gnu", as: []string{"-mabi=ilp32"}, ld: []string{"-m", "aarch64linux32"}},
	{target: "alpha", tools: "alpha-linux-gnu"},
	{target: "arm", tools: "arm-linux-gnueabi"},
	{target: "arm", tools: "arm-linux-gnueabi", as: []string{"-meabi=gnu"}}, // EI_OSABI 0x61
	{target: "arm", tools: "arm-linux-gnueabihf", source: ".eabi_attribute Tag_ABI_VFP_args, 1"},
	{target: "armeb", tools: "arm-linux-gnueabi", as: []string{"-EB"}, ld: []string{"-EB"}},
	{target: "armeb", tools: "arm-linux-gnueabi", as: []string{"-EB"}, ld: []string{"-EB", "--be8"}},
	{target: "hppa", tools: "hppa-linux-gnu"}, // EI_OSABI 3
	{target: "i386", tools: "i686-linux-gnu"},
	{target: "m68k", tools: "m68k-linux-gnu"},
	{target: "m68k", tools: "m68k-linux-gnu", as: []string{"-mcpu=54455"}},
	{target: "mips", tools: "mips-linux-gnu", as: []string{"-32"}},
	{target: "mips", tools: "mips-linux-gnu", as: []string{"-32", "-mips32r6"}}, // EI_ABIVERSION 3
	{target: "mipsn32", tools: "mips-linux-gnu", as: []string{"-n32", "-mips3"}, ld: []string{"-m", "elf32btsmipn32"}},
	{target: "mips64", tools: "mips-linux-gnu", as: []string{"-64", "-mips3"}, ld: []string{"-m", "elf64btsmip"}},
	{target: "mipsel", tools: "mipsel-linux-gnu", as: []string{"-32"}},
	{target: "mipsn32el", tools: "mips64el-linux-gnuabi64", as: []string{"-n32"}, ld: []string{"-m", "elf32ltsmipn32"}},
	{target: "mips64el", tools: "mips64el-linux-gnuabi64", as: []string{"-64"}},
	{target: "or1k", tools: "or1k-elf", exeOnly: true},
	{target: "ppc", tools: "powerpc-linux-gnu"},
	{target: "ppc64", tools: "powerpc64-linux-gnu"},
	{target: "ppc64", tools: "powerpc64-linux-gnu", source: ".abiversion 2"},
	{target: "ppc64le", tools: "powerpc64le-linux-gnu"},
	{target: "riscv32", tools: "riscv64-linux-gnu", as: []string{"-march=rv32gc", "-mabi=ilp32d"}, ld: []string{"-m", "elf32lriscv"}},
	{target: "riscv64", tools: "riscv64-linux-gnu"},
	{target: "s390x", tools: "s390x-linux-gnu"},
	{target: "", tools: "s390x-linux-gnu", as: []string{"-m31"}, ld: []string{"-m", "elf_s390"}},
	{target: "sh4", tools: "sh4-linux-gnu"},
	{target: "sh4eb", tools: "sh4-linux-gnu", as: []string{"-big"}, ld: []string{"-EB"}},
	{target: "sparc", tools: "sparc64-linux-gnu", as: []string{"-32", "-Av8"}, ld: []string{"-m", "elf32_sparc"}},
	// A program that could use V9 instructions and does not is one for sparc.
	{target: "sparc", tools: "sparc64-linux-gnu", as: []string{"-32", "-Av8plus"}, ld: []string{"-m", "elf32_sparc"}},
	{target: "sparc32plus", tools: "sparc64-linux-gnu", as: []string{"-32", "-Av8plus"}, ld: []string{"-m", "elf32_sparc"}, source: "flushw"},
	{target: "sparc64", tools: "sparc64-linux-gnu"},
	{target: "x86_64", tools: "x86_64-linux-gnu"},
	{target: "", tools: "x86_64-linux-gnu", as: []string{"--x32"}, ld: []string{"-m", "elf32_x86_64"}},
	{target: "xtensa", tools: "xtensa-lx106-elf"},
}

// Programs, position-independent programs and shared objects hit the rule of their own architecture
// and no other.
func TestLinkedFiles(t *testing.T) {
	dir := t.TempDir()
	for i, l := range linked {
		if _, err := exec.LookPath(l.tools + "-ld"); err != nil {
			asuser.Skip(t, l.tools+"-ld is missing: scripts/install-deps test")
		}
		source := l.source
		if source == "" {
			source = ".long 0"
		}
		object := filepath.Join(dir, fmt.Sprint(i, ".o"))
		runTool(t, ".globl _start\n_start:\n"+source+"\n", append([]string{l.tools + "-as", "-o", object}, l.as...)...)
		for _, kind := range []string{"-static", "-pie", "-shared"} {
			if l.exeOnly && kind != "-static" {
				continue
			}
			file := filepath.Join(dir, fmt.Sprint(i, kind))
			runTool(t, "", append([]string{l.tools + "-ld", kind, "-o", file, object}, l.ld...)...)
			checkFile(t, file, l.target, kind == "-static")
		}
	}
}

func runTool(t *testing.T, stdin string, command ...string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader([]byte(stdin))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
}

// checkFile checks which rules match the file as it is, and with the mark of an AppImage.
func checkFile(t *testing.T, file, target string, exec bool) {
	t.Helper()
	start, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"", "AI\x02"} {
		copy(start[8:], mark)
		h, err := readHeader(bytes.NewReader(start))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if h.Arch() != FindArch(target) || (h.Type == typeExec) != exec || exec && h.Interp != "" {
			t.Errorf("%s for %q is %+v", filepath.Base(file), target, h)
		}
		checkMatches(t, fmt.Sprintf("%s for %q, mark %q", filepath.Base(file), target, mark), start[:min(Window, len(start))], target)
	}
}

// The same for Go's own ports, which need no tools but Go. Only of loongarch64 nothing else makes
// DYN files.
func TestGoPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds the Go runtime for every port")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module tiny\n", "main.go": "package main\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range Arches() {
		if a.Go == "" {
			continue
		}
		checkFile(t, buildGo(t, dir, a.Go, "exe"), a.Name, true)
		if a.Name == "loongarch64" {
			checkFile(t, buildGo(t, dir, a.Go, "pie"), a.Name, false)
		}
	}
}

// buildGo builds without paths in the files, as make does for half of the ports: the cache has what
// they share.
func buildGo(t *testing.T, dir, goarch, mode string) string {
	t.Helper()
	file := filepath.Join(dir, goarch+"-"+mode)
	cmd := exec.Command("go", "build", "-trimpath", "-buildmode="+mode, "-o", file, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+goarch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build for %s: %v\n%s", goarch, err, out)
	}
	return file
}
