package binfmt

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// The programs are right: the kernel runs one if it runs its architecture, and an emulator does in
// any case.
func TestExitPrograms(t *testing.T) {
	for _, e := range exits {
		a := FindArch(e.arch)
		h, err := Inspect(bytes.NewReader(a.exitProgram()))
		if err != nil || h.ELF == nil || h.ELF.Arch() != a {
			t.Errorf("%s: %+v, %v", e.arch, h, err)
		}
		file := t.TempDir() + "/exit"
		if err := os.WriteFile(file, a.exitProgram(), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("qemu-"+e.arch+"-static", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v, %s", e.arch, err, out)
		}
	}
}

// What the kernel says decides for a companion, and nobody asks it about others.
func TestRunsHere(t *testing.T) {
	if !Host().RunsHere() || FindArch("s390x").RunsHere() {
		t.Error("the host's own, and a foreign one")
	}
	for _, e := range exits {
		a := FindArch(e.arch)
		err := try(a.exitProgram())
		if runs := !errors.Is(err, syscall.ENOEXEC); a.executes() != runs || a.RunsOn(Host()) && a.RunsHere() != runs {
			t.Errorf("%s: %v, executes %v, runs here %v", e.arch, err, a.executes(), a.RunsHere())
		}
	}
	if ppc := FindArch("ppc"); ppc.executes() && !ppc.Runs() {
		t.Error("this kernel is said to execute powerpc")
	}
}
