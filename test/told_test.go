package test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What emulators are told holds for all of them, whatever environment a program gives its children.
func TestToldEmulators(t *testing.T) {
	arm, s390 := tree("arm64")+"/bin/busybox uname -mr", tree("s390x")+"/bin/busybox uname -mr"
	for _, c := range []struct{ args, script, want string }{
		{"--arch=arm64", "env -i " + arm, "9.9.9 aarch64\n"},
		{"--arch=arm64,s390x", "env -i " + arm + "; env -i " + s390, "9.9.9 aarch64\n9.9.9 s390x\n"},
		{"--arch=arm64", "env -i QEMU_UNAME=8.8.8 " + arm, "8.8.8 aarch64\n"},
		{"--arch=arm64", "env -i OTHER=1 " + tree("arm64") + "/bin/busybox env | sort", "OTHER=1\nQEMU_UNAME=9.9.9\n"},
		{"--arch=arm64 --emulator-env=QEMU_UNAME=7.7.7 --emulator-env=QEMU_UNAME=9.9.9", "env -i " + arm, "9.9.9 aarch64\n"},
		{"-r -l " + strings.ReplaceAll(rule(t, "arm64"), " ", ""), "env -i " + arm, "9.9.9 aarch64\n"},
		{"--arch=arm64", "env -i " + binary() + " --arch=s390x -- sh -c '" + s390 + "'", "plain s390x\n"},
		{"--arch=arm64", binary() + " --arch=s390x -- sh -c 'env -i " + arm + "'", "plain aarch64\n"}, // the outer rules are kept
		{"--arch=arm64", binary() + " --arch=arm64 --emulator-env=QEMU_UNAME=6.6.6 -- sh -c 'env -i " + arm + "'", "6.6.6 aarch64\n"},
	} {
		t.Run(c.script, func(t *testing.T) {
			args := append([]string{"--emulator-env=QEMU_UNAME=9.9.9"}, words(c.args)...)
			r := run(t, append(args, "--", "sh", "-c", c.script)...)
			if strings.HasPrefix(c.want, "plain") { // the host's release
				r.out = strings.Replace(r.out, words(r.out + " x")[0], "plain", 1)
			}
			r.want(t, c.want)
		})
	}
}

// The CPU is emulated even for a program in a tree whose environment was cleared, and for another
// user.
func TestToldInATree(t *testing.T) {
	for root, script := range map[string]string{
		tree("s390x"): "env -i /bin/uname -r",
		tree(native):  "env -i /bin/uname -r",
	} {
		run(t, "-r", "--arch=auto", "--cpu=max", "--emulator-env=QEMU_UNAME=9.9.9", "--root="+root, "/bin/sh", "-c", script).want(t, "9.9.9\n")
	}
	r := run(t, "-r", "--arch=auto", "--cpu=nosuch", "--root="+tree("s390x"), "/bin/sh", "-c", "env -i /bin/true")
	if r.status == 0 || !strings.Contains(r.err, "nosuch") {
		t.Errorf("%+v", r)
	}
}

// An emulator that cannot be told otherwise has the environment, and that is said.
func TestToldByEnvironmentAlone(t *testing.T) {
	dynamic := t.TempDir() + "/qemu-arm64"
	source := "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { printf(\"cpu=%s\\n\", getenv(\"QEMU_CPU\")); return 0; }\n"
	write(t, dynamic+".c", source, 0o644)
	if out, err := exec.Command("gcc", "-o", dynamic, dynamic+".c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r := run(t, "--arch=arm64", "--emulator="+dynamic, "--cpu=max", "--", "sh", "-c", tree("arm64")+"/bin/busybox")
	if r.out != "cpu=max\n" || !strings.Contains(r.err, "in the environment only") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("%+v", r)
	}
}

// library is a dynamic program of an architecture: its C library, which prints what it is when it
// is executed.
func library(t *testing.T, arch string) (sysroot, program string) {
	t.Helper()
	sysroot = guest(arch)
	found, _ := filepath.Glob(sysroot + "/lib/libc.so.*")
	if len(found) != 1 {
		t.Fatalf("no C library for %s", arch)
	}
	return sysroot, found[0]
}

// Dynamic programs run on the host's tree with the libraries that cross compilers have, several
// architectures together.
func TestSysroots(t *testing.T) {
	armRoot, arm := library(t, "arm64")
	s390Root, s390 := library(t, "s390x")
	both := "--sysroot=" + armRoot + " --sysroot=s390x:" + s390Root
	for _, c := range []struct {
		args, script string
		lines        int
	}{
		{"--arch=auto --sysroot=" + armRoot + " -- " + arm, "", 1},
		{"--arch=arm64,s390x " + both, arm + "; " + s390, 2},
		{"--arch=arm64,s390x " + both, "env -i " + arm + "; " + tree("arm64") + "/bin/busybox sh -c " + s390, 2},
		{"--arch=auto --cpu=max --sysroot=" + armRoot + " -- " + arm, "", 1},
	} {
		args := words(c.args)
		if c.script != "" {
			args = append(args, "--", "sh", "-c", c.script)
		}
		if r := run(t, args...); r.err != "" || strings.Count(r.out, "GNU C Library") != c.lines {
			t.Errorf("%s %s: %+v", c.args, c.script, r)
		}
	}
	// The two kinds of programs for arm have loaders and libraries of their own.
	softRoot, soft := library(t, "armel")
	hardRoot, hard := library(t, "armhf")
	r := run(t, append(words("--arch=armel,armhf --sysroot="+softRoot+" --sysroot="+hardRoot), "sh", "-c", soft+"; "+hard)...)
	if r.err != "" || strings.Count(r.out, "GNU C Library") != 2 {
		t.Errorf("%+v", r)
	}
	// They do not see how.
	run(t, append(words("--arch=arm64 "+both), "env", "-i", tree("arm64")+"/bin/busybox", "env")...).want(t, "")
}

// In a tree of this machine's own architecture the sysroot is the tree's.
func TestSysrootInATree(t *testing.T) {
	root := t.TempDir() + "/tree"
	from, program := library(t, "arm64")
	script := "cp -a " + tree(native) + " " + root + " && mkdir -p " + root + "/usr && cp -a " + from + " " + root + "/usr/aarch64-linux-gnu && cp " + program + " " + root + "/program"
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, options := range []string{"-r --arch=auto --root=", "--into="} {
		if r := run(t, append(words("--map=root "+options+root), "/program")...); r.status != 0 || r.err != "" || !strings.Contains(r.out, "GNU C Library") {
			t.Errorf("%s: %+v", options, r)
		}
	}
}

// Where nothing has the loader what to install is named; where the caller has said where it is
// nothing is.
func TestNoSysroot(t *testing.T) {
	root, program := library(t, "mips64el") // which no compiler is installed for
	r := run(t, "--arch=auto", program)
	if r.status == 0 || !strings.Contains(r.err, "libc6-mips64el-cross") || !strings.Contains(r.err, "--sysroot") {
		t.Errorf("%+v", r)
	}
	cmd := exec.Command(binary(), "--arch=auto", program)
	cmd.Env = append(cmd.Environ(), "QEMU_LD_PREFIX="+root)
	if r := finish(t, cmd); r.status != 0 || r.err != "" {
		t.Errorf("%+v", r)
	}
}

// In a tree a loader has to be in the tree: neither a directory of the host nor a package of it
// helps.
func TestNoLoaderInATree(t *testing.T) {
	root := copyOf(t, "arm64")
	_, program := library(t, "arm64")
	copyFile(t, program, root+"/program")
	r := run(t, "--into="+root, "/program")
	if r.status == 0 || !strings.Contains(r.err, "is not there in "+root+": put its loader and libraries into the tree") ||
		strings.Contains(r.err, "--sysroot") || strings.Contains(r.err, "-cross") {
		t.Errorf("%+v", r)
	}
}

// A compiler's own sysroot is found.
func TestCrossCompiled(t *testing.T) {
	program := t.TempDir() + "/program"
	write(t, program+".c", "#include <stdio.h>\nint main(void) { puts(\"fine\"); return 0; }\n", 0o644)
	if out, err := exec.Command("powerpc-linux-gnu-gcc", "-o", program, program+".c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run(t, "--arch=auto", program).want(t, "fine\n")
	run(t, "--arch=ppc", "sh", "-c", "env -i "+program).want(t, "fine\n")
}
