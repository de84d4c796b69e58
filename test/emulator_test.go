package test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	emulators "github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/test/asuser"
)

// chosen is the emulator for a tree that the search finds.
func chosen(t *testing.T, arch string) *emulators.Emulator {
	t.Helper()
	tree(arch)
	s := emulators.Search{Path: os.Getenv("PATH")}
	e, err := s.Find(binfmt.FindArch(arch), true)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// With the flags that are chosen a program has the argv[0] that it was started with: busybox goes
// by it. Without P it has its path, and with P under an emulator that does not know that, one
// argument more.
func TestChosenFlagsKeepArgv0(t *testing.T) {
	for arch, a := range arches {
		e := chosen(t, arch)
		flags := e.Flags(false)
		if e.Kind != emulators.QEMU || e.Version.Major >= 6 && flags != "POF" {
			t.Errorf("%+v: flags %s", e, flags)
		}
		start := func(flags string) result {
			text := e.Arch.Rule(e.Path, flags).String()
			return run(t, "-r", "-l", text, "--root="+tree(arch), "/bin/sh", "-c", "exec -a uname /bin/busybox -m")
		}
		start(flags).want(t, a.machine+"\n")
		if r := start(strings.ReplaceAll(flags, "P", "")); r.status != 127 || !strings.Contains(r.err, "m: applet not found") {
			t.Errorf("without P: %+v", r)
		}
	}
}

// A tree of this machine's own architecture, all of it emulated: the rule does not match the marked
// emulator.
func TestMarkedEmulatorInARoot(t *testing.T) {
	e := chosen(t, native)
	fd, err := emulators.Marked(e.Path)
	if err != nil {
		t.Fatal(err)
	}
	marked := os.NewFile(uintptr(fd), "marked")
	defer marked.Close()
	// Of another process the link shows the emulator, if there is one.
	const script = "uname -m; sh -c 'readlink /proc/$PPID/exe'; true"
	args := []string{"-rpf", "-l", e.Arch.Rule("/proc/self/fd/3", e.Flags(false)).String(), "--root=" + tree(native), "/bin/sh", "-c", script}
	cmd := exec.Command(binary(), args...)
	cmd.ExtraFiles = []*os.File{marked}
	finish(t, cmd).want(t, "x86_64\n/memfd:emulator (deleted)\n")
}

// unreadable makes a foreign program that all may run, and only who started the tests may read.
func unreadable(dir string) error {
	name := dir + "/busybox-unreadable"
	return errors.Join(command("cp", dir+"/trees/arm64/bin/busybox", name).Run(), os.Chmod(name, 0o711))
}

// With the flags that are chosen a program that cannot be read runs, as a native one does.
func TestChosenFlagsRunTheUnreadable(t *testing.T) {
	tree("arm64") // which it is copied from
	name := made("unreadable", "busybox-unreadable")
	if unix.Access(name, unix.R_OK) == nil {
		asuser.Skip(t, "the tests were not started by root, whose file it would be")
	}
	e := chosen(t, "arm64")
	run(t, "-r", "-l", e.Arch.Rule(e.Path, e.Flags(false)).String(), name, "uname", "-m").want(t, "aarch64\n")
	r := run(t, "-r", "-l", e.Arch.Rule(e.Path, strings.ReplaceAll(e.Flags(false), "O", "")).String(), name, "uname", "-m")
	if r.status != 1 || r.out == "aarch64\n" {
		t.Errorf("without O: %+v", r)
	}
}
