package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// guests are the architectures that Debian has both an emulator and a C library for, by dpkg's
// names. Those with r6 are for MIPS release 6, for which the emulator takes another CPU.
//
// loong64 is not here: Debian 12 has no C library for it, and its QEMU 7.2 stops at an instruction
// in that of Debian 13.
var guests = words("alpha arm64 armel armhf hppa i386 m68k mips mipsr6 mipsel mipsr6el mips64 mips64r6 mips64el " +
	"mips64r6el mipsn32 mipsn32r6 mipsn32el mipsn32r6el powerpc ppc64 ppc64el riscv64 s390x sh4 sparc sparc64")

// faults are guests that crash although the rule is right, with what their C library says of its
// version.
//
// The loader of glibc 2.36 for sh4 (Debian 12) jumps off before its first system call, in QEMU 7.2
// and in QEMU 10.0; that of glibc 2.41 (Debian 13) runs in both.
var faults = map[string]string{
	"sh4": "stable release version 2.36.",
}

// fetchGuests puts a tree for each guest into dir/libc. What cannot be had is left to the test to
// complain of.
func fetchGuests(dir string) error {
	trees, _ := script("get-libc", guests...)
	if err := os.Mkdir(dir+"/libc", 0o755); err != nil {
		return err
	}
	return copyOwned(dir+"/libc/", strings.Fields(trees)...)
}

// guest is a tree with the C library of a guest and nothing else, if it can be had.
func guest(arch string) string { return made("libc", "libc/"+arch) }

// The C library is a program of its own, dynamically linked as any other: it says what it is.
func TestGuests(t *testing.T) {
	for _, arch := range guests {
		t.Run(arch, func(t *testing.T) {
			root := guest(arch)
			library, _ := filepath.Glob(root + "/lib/libc.so.*")
			if len(library) != 1 {
				t.Fatalf("scripts/get-libc brought no C library, see what it said above: %v", library)
			}
			options := "--arch=auto"
			if arch == "i386" { // which runs here by itself
				options = "--arch=i386 --emulator=i386=/usr/bin/qemu-i386-static"
			}
			cmd := exec.Command(binary(), append(words("-r "+options+" --root="+root), "/lib/"+filepath.Base(library[0]))...)
			cmd.Env = append(os.Environ(), "QEMU_STRACE=1")
			checkGuest(t, finish(t, cmd), isFaulty(t, arch, library[0]))
		})
	}
}

// isFaulty reports whether the C library is one that is known to crash.
func isFaulty(t *testing.T, arch, library string) bool {
	t.Helper()
	text, err := os.ReadFile(library)
	if err != nil {
		t.Fatal(err)
	}
	return faults[arch] != "" && strings.Contains(string(text), faults[arch])
}

// checkGuest also looks at what the emulator traces, since the kernel runs some guests (i386)
// without it too.
func checkGuest(t *testing.T, r result, faulty bool) {
	t.Helper()
	if faulty {
		if r.status != -1 || r.out != "" || !strings.Contains(r.err, "uncaught target signal 11") {
			t.Errorf("it does not crash as it used to: status %d, printed %q, stderr %q", r.status, r.out, r.err)
		}
		return
	}
	traced := strings.Contains(r.err, "exit_group(0)")
	if r.status != 0 || !strings.HasPrefix(r.out, "GNU C Library ") || !traced {
		t.Errorf("status %d, traced %v, printed %q, stderr %q", r.status, traced, r.out, r.err)
	}
}
