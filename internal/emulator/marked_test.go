package emulator

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMarked(t *testing.T) {
	path := debian(t, "x86_64")
	fd, err := Marked(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := os.NewFile(uintptr(fd), "memfd")
	defer copied.Close()
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want[markAt] = mark
	if got, err := io.ReadAll(io.NewSectionReader(copied, 0, 1<<30)); err != nil || string(got) != string(want) {
		t.Errorf("%d bytes that differ, of %d, %v", len(got), len(want), err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	if _, err := copied.WriteAt([]byte{0}, markAt); !errors.Is(err, unix.EPERM) {
		t.Errorf("it is not sealed: %v", err)
	}
}

// A copy in memory is sealed as soon as nothing holds it. Here a mapping holds it for a while.
func TestSealedLater(t *testing.T) {
	fd, err := memfd()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, 1); err != nil {
		t.Fatal(err)
	}
	held, err := unix.Mmap(fd, 0, 1, unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	if err := seal(fd); err != unix.EBUSY {
		t.Errorf("%v", err)
	}
	time.AfterFunc(5*time.Millisecond, func() { unix.Munmap(held) })
	if err := seal(fd); err != nil {
		t.Error(err)
	}
}

func TestMarkedErrors(t *testing.T) {
	r := newRoot(t)
	r.file("/text", "#!/bin/sh\necho this is no program\n", 0o755)
	r.file("/empty", "", 0o755)
	for path, want := range map[string]string{
		r.Root + "/text":    "copy " + r.Root + "/text: not an ELF file",
		r.Root + "/empty":   "copy " + r.Root + "/empty: not an ELF file",
		r.Root + "/missing": "open " + r.Root + "/missing: no such file or directory",
		r.Root:              "copy " + r.Root + ": is a directory",
	} {
		fd, err := Marked(path)
		if err == nil || err.Error() != want || fd != -1 {
			t.Errorf("%d, %v, want %s", fd, err, want)
		}
	}
}

// Every program of this machine's own architecture is emulated, and they start each other: static,
// dynamic, scripts. CPUID of the emulated processor shows it.
func TestMarkedInTheKernel(t *testing.T) {
	host := binfmt.Host()
	debian(t, host.Name)
	if host.Name != "x86_64" {
		asuser.Skip(t, "CPUID is x86's")
	}
	if !asuser.InNamespaces(t) {
		return
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "binfmt_misc", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	fd, err := Marked(debian(t, host.Name))
	if err != nil {
		t.Fatal(err)
	}
	rule := host.Rule(fmt.Sprintf("/proc/self/fd/%d", fd), "POF")
	if err := os.WriteFile(dir+"/register", []byte(rule.String()), 0); err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	// The link shows the emulator: QEMU fakes /proc/self/exe, but not that of others.
	const script = `
echo emulated: $(uname -m) $(sh -c 'exit 42' || echo $?)
case $(sh -c 'readlink /proc/$PPID/exe') in *emulator*) echo by a copy;; esac
`
	cmd := exec.Command("/bin/sh", "-c", script)
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "emulated: x86_64 42\nby a copy\n" {
		t.Errorf("%v: %s", err, out)
	}
	// ld.so tells which levels of the architecture the processor has: a qemu64 has none, what the
	// test runs on may have.
	cpu := exec.Command("/lib64/ld-linux-x86-64.so.2", "--help")
	cpu.Env = append(os.Environ(), "QEMU_CPU=qemu64")
	help, err := cpu.CombinedOutput()
	if err != nil || strings.Contains(string(help), "x86-64-v3 (supported") {
		t.Errorf("%v: %s", err, help)
	}
}

func BenchmarkMarked(b *testing.B) {
	path := debian(b, "x86_64")
	for b.Loop() {
		fd, err := Marked(path)
		if err != nil {
			b.Fatal(err)
		}
		unix.Close(fd)
	}
}

// Everybody may execute a copy in a file, whatever the umask is.
func TestWriteUmask(t *testing.T) {
	defer unix.Umask(unix.Umask(0o077))
	file := t.TempDir() + "/copy"
	if err := (Copy{Mark: true}).Write(file, "/proc/self/exe"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
