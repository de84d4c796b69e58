package binfmt

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/test/asuser"
)

// openPath opens as a launcher does that looks into a root: without the right to read.
func openPath(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// write makes a file and returns its path.
func write(t *testing.T, content string, mode fs.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "emulator")
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func program(arch, interp string) string {
	a := FindArch(arch)
	if interp != "" {
		interp += "\x00"
	}
	h := Header{Class: a.Class, Data: a.Data, Type: 3, Machine: a.Machine, Flags: a.Flags}
	return string(elfFile{Header: h, headers: 3, interp: interp}.bytes())
}

func TestLook(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o777); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct {
		path       string
		typ        fs.FileMode
		executable bool
		kind       Kind // of a regular file that was read
		read       bool
	}{
		{write(t, program("x86_64", "/ld.so"), 0o755), 0, true, KindELF, true},
		{write(t, program("x86_64", ""), 0o644), 0, false, KindELF, true},
		{write(t, "#!/bin/sh\n", 0o755), 0, true, KindScript, true},
		{write(t, "", 0o755), 0, true, KindEmpty, true},
		{dir, fs.ModeDir, false, 0, false},
		{fifo, fs.ModeNamedPipe, false, 0, false},
		{socket, fs.ModeSocket, false, 0, false},
		{link, fs.ModeDevice | fs.ModeCharDevice, false, 0, false},
	} {
		for name, open := range map[string]func(string) (*os.File, error){"O_PATH": openPath, "os.Open": os.Open} {
			if name == "os.Open" && !c.read {
				continue // it would wait for a writer
			}
			e := ReadInterpreter(open, c.path)
			if e.Err != nil || e.Path != c.path || e.Mode.Type() != c.typ || e.Executable != c.executable || e.NoExec ||
				(e.Image != nil) != c.read || e.Image != nil && e.Image.Kind != c.kind {
				t.Errorf("%s with %s: %+v", c.path, name, e)
			}
		}
	}
}

func TestLookErrors(t *testing.T) {
	e := ReadInterpreter(openPath, "/nonexistent/qemu")
	if !errors.Is(e.Err, fs.ErrNotExist) || e.Image != nil || e.Executable {
		t.Errorf("missing: %+v", e)
	}
	if e := ReadInterpreter(os.Open, write(t, program("x86_64", "")[:20], 0o755)); e.Err == nil || e.Image != nil {
		t.Errorf("truncated: %+v", e)
	}
	closed := func(path string) (*os.File, error) {
		f, err := os.Open(path)
		f.Close()
		return f, err
	}
	if e := ReadInterpreter(closed, "/"); !errors.Is(e.Err, fs.ErrClosed) {
		t.Errorf("closed: %+v", e)
	}
}

func TestLookClosesTheFile(t *testing.T) {
	var opened *os.File
	ReadInterpreter(func(path string) (f *os.File, err error) {
		opened, err = os.Open(path)
		return opened, err
	}, write(t, "x", 0o755))
	if err := opened.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("the file was still open: %v", err)
	}
}

// Mode 0111 is enough for an emulator. Root reads any file, so this thread gives the privilege up
// for its file accesses; the owner of the file cannot read it either way.
func TestLookUnreadable(t *testing.T) {
	name := write(t, program("x86_64", ""), 0o111)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e := ReadInterpreter(func(path string) (*os.File, error) {
		f, err := openPath(path)
		if os.Getuid() == 0 {
			unix.Setfsuid(1000)
		}
		return f, err
	}, name)
	unix.Setfsuid(os.Getuid())
	if e.Err != nil || e.Image != nil || !e.Executable {
		t.Errorf("%+v", e)
	}
	if err := e.Check(&Rule{Flags: "F"}, Host(), func(string) bool { return false }, nil); err != nil {
		t.Error(err)
	}
}

func TestLookNoExec(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, 0)
	name := filepath.Join(dir, "emulator")
	if err := os.WriteFile(name, []byte(program("x86_64", "")), 0o755); err != nil {
		t.Fatal(err)
	}
	if e := ReadInterpreter(openPath, name); e.Err != nil || !e.NoExec || e.Executable {
		t.Errorf("%+v", e)
	}
}

func has(paths ...string) func(string) bool {
	return func(path string) bool {
		for _, p := range paths {
			if p == path {
				return true
			}
		}
		return false
	}
}

func TestCheck(t *testing.T) {
	const (
		start = `rule "qemu-ppc": emulator /usr/bin/q`
		ld    = "/lib64/ld.so"
	)
	host := FindArch("x86_64")
	elf := func(arch, interp string) Interpreter {
		image, err := Inspect(strings.NewReader(program(arch, interp)))
		if err != nil {
			t.Fatal(err)
		}
		return Interpreter{Mode: 0o755, Executable: true, Image: image}
	}
	image := func(kind Kind, interpreter string) Interpreter {
		return Interpreter{Mode: 0o755, Executable: true, Image: &Image{Kind: kind, Interpreter: interpreter}}
	}
	failed := func(err error) Interpreter {
		return Interpreter{Err: &fs.PathError{Op: "openat2", Path: "/some/other/path", Err: err}}
	}
	typed := func(mode fs.FileMode) Interpreter { return Interpreter{Mode: mode | 0o755} }
	unknown := elf("x86_64", "")
	unknown.Image.ELF.Machine = 9999

	for _, c := range []struct {
		what             string
		e                Interpreter
		flags            string
		rootHas, hostHas func(string) bool
		err, hint        string
	}{
		{"static", elf("x86_64", ""), "", nil, nil, "", ""},
		{"static, F, root", elf("x86_64", ""), "OCF", has(), has(), "", ""},
		{"static, root", elf("x86_64", ""), "", has(), has(), "", ""},
		{"compatible", elf("i386", ""), "F", has(), nil, "", ""},
		{"unreadable", Interpreter{Mode: 0o111, Executable: true}, "F", has(), nil, "", ""},
		{"dynamic, no root", elf("x86_64", ld), "F", nil, nil, "", ""},
		{"dynamic, F, root has loader", elf("x86_64", ld), "F", has(ld), nil, "", ""},
		{"dynamic, F, root", elf("x86_64", ld), "F", has("/lib/ld.so"), has(ld),
			" is dynamically linked: its loader /lib64/ld.so is looked up inside the root, which does not have it", "qemu-user-static"},
		{"dynamic, root", elf("x86_64", ld), "OC", has(), has(ld),
			" is dynamically linked: its loader /lib64/ld.so is looked up inside the root, which does not have it", "qemu-user-static"},
		{"script, no root", image(KindScript, "/bin/sh"), "F", nil, nil, "", ""},
		{"script, root has it", image(KindScript, "/bin/sh"), "F", has("/bin/sh"), nil, "", ""},
		{"script, root", image(KindScript, "/bin/sh"), "F", has(), has("/bin/sh"),
			" is a script: its interpreter /bin/sh is looked up inside the root, which does not have it", "name the emulator itself"},
		{"missing", failed(unix.ENOENT), "F", has(), has(), ": no such file or directory", "install it (QEMU: package qemu-user-static"},
		{"missing, no root", failed(unix.ENOENT), "", nil, nil, ": no such file or directory", "install it (QEMU: package qemu-user-static"},
		{"a file on the way", failed(unix.ENOTDIR), "F", nil, nil, ": not a directory", "install it"},
		{"missing in the root", failed(unix.ENOENT), "OC", has(), has(),
			": no such file or directory inside the root, where it is looked up without flag F", "the emulator of the host is used"},
		{"missing in the root, host unknown", failed(unix.ENOENT), "", has(), nil,
			": no such file or directory inside the root, where it is looked up without flag F", "the emulator of the host is used"},
		{"missing in the root, on the host", failed(unix.ENOENT), "OC", has(), has("/usr/bin/q"),
			": no such file or directory inside the root, where it is looked up without flag F", "the host has /usr/bin/q; to use that one add F"},
		{"no way to it", failed(unix.EACCES), "F", nil, nil, ": permission denied", ""},
		{"loop", failed(unix.ELOOP), "F", nil, nil, ": too many levels of symbolic links", ""},
		{"broken", Interpreter{Mode: 0o755, Executable: true, Err: errors.New("ELF header: truncated after 4 bytes")}, "", nil, nil,
			": ELF header: truncated after 4 bytes", ""},
		{"directory", typed(fs.ModeDir), "F", nil, nil, " is a directory, not a program", "name the program itself"},
		{"device", typed(fs.ModeDevice | fs.ModeCharDevice), "F", nil, nil, " is a device, not a program", "name the program itself"},
		{"block device", typed(fs.ModeDevice), "F", nil, nil, " is a device, not a program", "name the program itself"},
		{"fifo", typed(fs.ModeNamedPipe), "F", nil, nil, " is a fifo, not a program", "name the program itself"},
		{"socket", typed(fs.ModeSocket), "F", nil, nil, " is a socket, not a program", "name the program itself"},
		{"link", typed(fs.ModeSymlink), "F", nil, nil, " is a symbolic link, not a program", "name the program itself"},
		{"something", typed(fs.ModeIrregular), "F", nil, nil, " is no regular file, not a program", "name the program itself"},
		{"mode 644", Interpreter{Mode: 0o644}, "F", nil, nil, " is not executable (mode 0644)", "chmod +x /usr/bin/q"},
		{"mode 700", Interpreter{Mode: 0o700}, "F", nil, nil, " is not executable by you (mode 0700)", "copy of your own"},
		{"noexec", Interpreter{Mode: 0o755, NoExec: true}, "F", nil, nil, " is on a file system mounted noexec", "without noexec"},
		{"foreign", elf("aarch64", ""), "F", nil, nil, " is a program for aarch64, this machine is x86_64", "a program for x86_64 itself"},
		{"foreign and dynamic", elf("ppc", ld), "F", has(), nil, " is a program for ppc, this machine is x86_64", "a program for x86_64 itself"},
		{"unknown", unknown, "F", nil, nil, " is a program for an unknown architecture (class 2, machine 9999), this machine is x86_64", "x86_64"},
		{"text", image(KindText, ""), "F", nil, nil, " is a text without a #! line, not a program", "name the emulator itself"},
		{"empty", image(KindEmpty, ""), "F", nil, nil, " is an empty file, not a program", "name the emulator itself"},
		{"data", image(KindData, ""), "F", nil, nil, " is data, not a program", "name the emulator itself"},
	} {
		c.e.Path = "/usr/bin/q"
		err := c.e.Check(&Rule{Name: "qemu-ppc", Flags: c.flags}, host, c.rootHas, c.hostHas)
		hints := strings.Join(remedy.Hints(err), "\n")
		switch {
		case err == nil && c.err != "":
			t.Errorf("%s: no error", c.what)
		case err != nil && err.Error() != start+c.err:
			t.Errorf("%s: %v\nwant %s", c.what, err, start+c.err)
		case !strings.Contains(hints, c.hint) || c.hint == "" && hints != "":
			t.Errorf("%s: hint %q, want %q", c.what, hints, c.hint)
		case c.e.Err != nil && !errors.Is(err, cause(c.e.Err)):
			t.Errorf("%s: the cause is lost: %v", c.what, err)
		}
	}
}

func TestCheckWithoutHost(t *testing.T) {
	e := ReadInterpreter(os.Open, write(t, program("s390x", ""), 0o755))
	if err := e.Check(&Rule{}, nil, nil, nil); err != nil {
		t.Error(err)
	}
}

// The files of this machine: the test itself can be an emulator, /etc/passwd cannot.
func TestLookAndCheck(t *testing.T) {
	rule := &Rule{Name: "x", Flags: "F"}
	if err := ReadInterpreter(openPath, "/proc/self/exe").Check(rule, Host(), nil, nil); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{
		"/etc/passwd":  `rule "x": emulator /etc/passwd is not executable (mode 0644)`,
		"/dev/null":    `rule "x": emulator /dev/null is a device, not a program`,
		"/":            `rule "x": emulator / is a directory, not a program`,
		"/nonexistent": `rule "x": emulator /nonexistent: no such file or directory`,
	} {
		if err := ReadInterpreter(openPath, path).Check(rule, Host(), nil, nil); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
