package emulator

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// says is C that prints its arguments, the variables of its environment, and whether the descriptor 3
// is open. QEMU drops what is no variable.
const says = `
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv, char **environ) {
	printf("native");
	for (int i = 0; i < argc; i++) printf(" %s", argv[i]);
	for (char **e = environ; *e; e++) if (strchr(*e, '=')) printf(" [%s]", *e);
	puts(fcntl(3, F_GETFD) < 0 ? "" : " open");
	return 0;
}
`

// The instructions that look for native programs, begun as the kernel begins an emulator: they execute
// the program, or go on with all as it was.
func TestLookUp(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "n") // a short name
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if CanLookUp() != nil {
		asuser.Skip(t, "no instructions for this machine")
	}
	source, err := os.ReadFile("testdata/lookup.c")
	if err != nil {
		t.Fatal(err)
	}
	driver := compiled(t, string(source), "-static")
	program := compiled(t, says, "-static")
	if err := os.Rename(program, dir+"/says"); err != nil {
		t.Fatal(err)
	}
	known := Native{Offset: 600, Path: dir + "/says"}
	copy(known.ID[:], "the id of the program")
	copy(known.Head[:], "what the ELF header has")
	with := func(change func(n *Native)) Native { n := known; change(&n); return n }
	others := []Native{
		with(func(n *Native) { n.Path = "/none"; n.ID[0]++ }), with(func(n *Native) { n.Path = "/none"; n.ID[9]++ }),
		with(func(n *Native) { n.Path = "/none"; n.ID[19]++ }), with(func(n *Native) { n.Path = "/none"; n.Head[0]++ }),
		with(func(n *Native) { n.Path = "/none"; n.Head[8]++ }), with(func(n *Native) { n.Path = "/none"; n.Head[23]++ }),
		with(func(n *Native) { n.Path = "/none"; n.Offset += 4 }), with(func(n *Native) { n.Path = "/none"; n.Offset = 4088 }),
	}
	file := imageOf(&known, 1000)
	for _, c := range []struct {
		name  string
		file  []byte // of the program; nil for no descriptor
		known []Native
		args  string // FLAGS SECURE VARIABLE... -- ARGUMENT...
		want  string
	}{
		{"with argv[0]", file, append(others, known), "1 0 A=1 B -- emulator /path zero one", "native zero one [A=1]"},
		{"without argv[0]", file, []Native{known}, "0 0 -- emulator /path one", "native /path one"},
		{"another flag", file, []Native{known}, "2 0 -- emulator /path one", "native /path one"},
		{"a large file", imageOf(&known, 5000), []Native{known}, "1 0 -- emulator /path zero", "native zero"},
		{"at the end", imageOf(&known, 620), []Native{known}, "1 0 -- emulator /path zero", "native zero"},
		{"cut short", imageOf(&known, 620)[:619], []Native{known}, "1 0 -- emulator /path zero", "emulated 3 emulator 0"},
		{"unknown", file, others, "1 0 -- emulator /path zero", "emulated 3 emulator 0"},
		{"nothing is known", file, nil, "1 0 -- emulator /path zero", "emulated 3 emulator 0"},
		{"an empty file", []byte{}, []Native{known}, "1 0 -- emulator /path zero", "emulated 3 emulator 0"},
		{"no descriptor", nil, []Native{known}, "1 0 -- emulator /path zero", "emulated 3 emulator"},
		{"set-id", file, []Native{known}, "1 1 -- emulator /path zero", "emulated 3 emulator 0"},
		{"not there", file, []Native{with(func(n *Native) { n.Path = dir + "/none" })}, "1 0 -- emulator /path zero", "emulated 3 emulator 0"},
		{"preloaded", file, []Native{known}, "1 0 A=1 LD_PRELOAD=x -- emulator /path zero", "emulated 3 emulator 0"},
		{"preloaded nothing", file, []Native{known}, "1 0 LD_PRELOAD= -- emulator /path zero", "emulated 3 emulator 0"},
		{"audited", file, []Native{known}, "1 0 LD_AUDIT=x -- emulator /path zero", "emulated 3 emulator 0"},
		{"others of the loader", file, []Native{known}, "1 0 LD_BIND_NOW=1 LD -- emulator /path zero", "native zero [LD_BIND_NOW=1]"},
		{"libraries", file, []Native{known}, "1 0 LD_LIBRARY_PATH=/x -- emulator /path zero", "native zero [LD_LIBRARY_PATH=/x]"},
	} {
		t.Run(c.name, func(t *testing.T) { lookUp(t, driver, c.file, c.known, c.args, c.want) })
	}
	gone := with(func(n *Native) { n.Path, n.Flags = dir+"/none", Plugins })
	lookUp(t, driver, file, []Native{gone}, "1 0 -- emulator /path zero -plugin /x/liblto_plugin.so", "emulated 5 emulator 0 /x/liblto_plugin.so")
	for flag, cases := range map[NativeFlags]map[string]bool{
		WithLibrary:  {"-c a.c": true, "a.c -lm": false, "-l m": false, "a.c": true, "-L/usr/lib a-l": true},
		Links:        {"-c a.c": true, "a.c": false, "a.c -S": true, "-O2 -E a.c": true, "-cpp a.c": false, "-C a.c": false, "c -": false},
		Offloads:     {"-fopenmp -c a.c": false, "-fopenacc": false, "-fopt-info": true, "-fop": true, "a.c": true},
		BesideItself: {"-flto": false, "-c -flto=thin a.c": false, "-fuse-ld=lld": false, "-fl": true, "-funroll-loops": true},
		FromFile:     {"-o a @a.rsp": false, "a@b": true},
		Plugins: {"-plugin /x/liblto_plugin.so a.o": true, "--plugin liblto_plugin.so": true, "-plugin /x/other.so": false,
			"-plugin-opt=x y": true, "-plugin": true, "-plugin /x/liblto_plugin.so -plugin /y/liblto_plugin.so a.o": false,
			"-plugin /x/other.so -plugin /x/liblto_plugin.so": false, "-plugin /x/liblto_plugin.so --plugin /x/other.so": false, "-plugin liblto_plugin.s": false, "a.o": true},
	} {
		for arguments, native := range cases {
			want := strings.TrimSpace(fmt.Sprintf("emulated %d emulator 0 %s", 3+len(strings.Fields(arguments)), strings.Join(regexp.MustCompile(`\S*liblto\S*`).FindAllString(arguments, -1), " ")))
			if native {
				want = "native zero " + plugin.ReplaceAllString(arguments, ownPlugin)
			}
			lookUp(t, driver, file, []Native{with(func(n *Native) { n.Flags = flag })}, "1 0 -- emulator /path zero "+arguments, want)
		}
	}
	for flag, cases := range map[NativeFlags]map[string]bool{
		LibraryPathSet: {"LD_LIBRARY_PATH=/x": false, "LD_BIND_NOW=1": true},
		LocaleSet: {"LANG=C": true, "LANG=C.UTF-8": true, "LANG=POSIX": true, "LANG=": true, "LANG=de_DE": false, "LC_ALL=de": false, "LC_ALL=": true,
			"LC_CTYPE=C": true, "LC_COLLATE=fr_FR.UTF-8": false, "LANGUAGE=de": true, "LANG": true, "LC_": true, "XLANG=de": true},
		HostTypeUnset: {"HOSTTYPE=x": true, "HOST=x": false, "HOSTTYPES=": false, "HOSTTYPE": false, "A=": false},
		TargetUnset: {"CCC_OVERRIDE_OPTIONS=#^--target=x": true, "CCC_OVERRIDE_OPTIONS=#^-O3": false, "CCC_OVERRIDE_OPTIONS": false, "CCC_OVERRIDE": false,
			"CCC_": false, "A=": false},
		GoArchUnset:   {"GOARCH=arm64": true, "GOARCH=": false, "GOARCH": false, "GOARCHES=x": false, "GOARM=7": false, "A=": false},
		MakeHostUnset: {"MAKE_HOST=x": true, "MAKE_HOSTS=": false, "MAKE=x": false, "A=": false},
	} {
		for variable, native := range cases {
			want := "emulated 3 emulator 0"
			if native {
				want = "native zero"
				if strings.Contains(variable, "=") {
					want += " [" + variable + "]"
				}
			}
			lookUp(t, driver, file, []Native{with(func(n *Native) { n.Flags = flag })}, "1 0 "+variable+" -- emulator /path zero", want)
		}
	}
}

// ownPlugin is what takes the place of the linker's plugin.
const ownPlugin = "/native/lto.so"

var plugin = regexp.MustCompile(`\S*liblto_plugin\.so`)

// imageOf is what is known of a program, in a file of that size.
func imageOf(n *Native, size int) []byte {
	b := bytes.Repeat([]byte{0xaa}, size)
	copy(b[24:], n.Head[:])
	copy(b[n.Offset:], n.ID[:])
	return b
}

// lookUp runs the instructions of this machine.
func lookUp(t *testing.T, driver string, file []byte, known []Native, args, want string) {
	t.Helper()
	dir := t.TempDir()
	s := segment{}
	begin := s.addNative(0, known, ownPlugin)
	program := "-"
	if file != nil {
		program = dir + "/program"
		if err := os.WriteFile(program, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+"/segment", s.text, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(driver, append([]string{dir + "/segment", strconv.FormatUint(begin, 10), program}, strings.Fields(args)...)...)
	out, err := cmd.CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("%s: %v, %q, want %q", args, err, got, want)
	}
}
