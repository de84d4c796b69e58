package emulator

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/test/asuser"
)

// A file of a made root: "=" and a path is a link.
type file struct {
	path, content string
	mode          os.FileMode
}

func (r *root) fill(files []file) {
	r.t.Helper()
	for _, f := range files {
		if to, isLink := strings.CutPrefix(f.content, "="); isLink {
			r.link(f.path, to)
			continue
		}
		if f.mode == 0 {
			f.mode = 0o755
		}
		r.file(f.path, f.content, f.mode)
	}
}

const foreign = 22 // EM_S390

func TestFind(t *testing.T) {
	for _, c := range []struct {
		what, path string
		arch       string
		files      []file
		dynamic    string // what is found without needStatic; "" the same
		static     string // and with
	}{
		{"debian 12", "", "aarch64", []file{{path: "/usr/bin/qemu-aarch64-static", content: static}}, "", "/usr/bin/qemu-aarch64-static"},
		{"the newer form first", "", "aarch64", []file{
			{path: "/usr/bin/qemu-aarch64-static", content: static},
			{path: "/usr/bin/qemu-aarch64", content: static},
			{path: "/usr/bin/qemu-arm64", content: static}}, "", "/usr/bin/qemu-aarch64"},
		{"static wins over a newer form", "", "aarch64", []file{
			{path: "/usr/bin/qemu-aarch64-static", content: static},
			{path: "/usr/bin/qemu-aarch64", content: dynamic}}, "", "/usr/bin/qemu-aarch64-static"},
		{"static wins wherever it is", "/home/me/bin", "aarch64", []file{
			{path: "/run/current-system/sw/bin/qemu-aarch64", content: static},
			{path: "/home/me/bin/qemu-aarch64", content: dynamic}}, "", "/run/current-system/sw/bin/qemu-aarch64"},
		{"$PATH first, in its order", "/b:/a:/usr/bin", "aarch64", []file{
			{path: "/a/qemu-aarch64", content: static},
			{path: "/b/qemu-aarch64-static", content: static},
			{path: "/usr/bin/qemu-aarch64", content: static}}, "", "/b/qemu-aarch64-static"},
		{"local first", "", "aarch64", []file{
			{path: "/usr/bin/qemu-aarch64", content: static},
			{path: "/usr/local/bin/qemu-aarch64", content: static}}, "", "/usr/local/bin/qemu-aarch64"},
		{"no relative directory", "bin:.::./usr:usr/bin", "aarch64", []file{{path: "/bin/qemu-aarch64", content: static}}, "-", "-"},
		{"alias of debian", "", "arm", []file{{path: "/usr/bin/qemu-armhf", content: static}}, "", "/usr/bin/qemu-armhf"},
		{"link of debian", "", "aarch64", []file{
			{path: "/usr/libexec/qemu-binfmt/aarch64-binfmt-P", content: "=../../bin/qemu-aarch64-xyz"},
			{path: "/usr/bin/qemu-aarch64-xyz", content: static}}, "", "/usr/bin/qemu-aarch64-xyz"},
		{"links", "", "aarch64", []file{
			{path: "/usr/bin/qemu-aarch64", content: "=/etc/alternatives/q"},
			{path: "/etc/alternatives/q", content: "=/opt/qemu"},
			{path: "/opt/qemu", content: static}}, "", "/opt/qemu"},
		{"nixos", "/run/wrappers/bin", "arm", []file{
			{path: "/run/binfmt/armv6l-linux", content: "=/nix/store/abc/bin/qemu-arm-binfmt-P"},
			{path: "/nix/store/abc/bin/qemu-arm-binfmt-P", content: static}}, "", "/nix/store/abc/bin/qemu-arm-binfmt-P"},
		{"dynamic only", "", "aarch64", []file{{path: "/usr/bin/qemu-aarch64", content: dynamic}}, "/usr/bin/qemu-aarch64", "-"},
		{"first of dynamic", "/a", "aarch64", []file{
			{path: "/usr/bin/qemu-aarch64", content: dynamic},
			{path: "/a/qemu-aarch64", content: dynamic}}, "/a/qemu-aarch64", "-"},
		{"unreadable", "", "aarch64", []file{{"/usr/bin/qemu-aarch64", static, 0o111}}, "", "/usr/bin/qemu-aarch64"},
		{"unreadable, and one that is not", "", "aarch64", []file{
			{"/usr/bin/qemu-aarch64", static, 0o111},
			{path: "/usr/bin/qemu-aarch64-static", content: static}}, "", "/usr/bin/qemu-aarch64-static"},
		{"unreadable, and a dynamic one", "/a", "aarch64", []file{
			{"/usr/bin/qemu-aarch64", static, 0o111},
			{path: "/a/qemu-aarch64", content: dynamic}}, "", "/usr/bin/qemu-aarch64"},
		{"all that does not fit is passed over", "/a:/b:/c:/d:/e:/f:/g", "aarch64", []file{
			{path: "/a/qemu-aarch64/x", content: ""},
			{path: "/b/qemu-aarch64", content: "#!/bin/sh\n"},
			{path: "/c/qemu-aarch64", content: elf{machine: foreign}.String()},
			{"/d/qemu-aarch64", static, 0o644},
			{path: "/e/qemu-aarch64", content: static[:100]},
			{path: "/f/qemu-aarch64", content: "=qemu-aarch64"},
			{path: "/g/qemu-aarch64", content: ""},
			{path: "/usr/bin/qemu-aarch64-static", content: static}}, "", "/usr/bin/qemu-aarch64-static"},
		{"a file as directory", "/a", "aarch64", []file{
			{path: "/a", content: static},
			{path: "/usr/bin/qemu-aarch64", content: static}}, "", "/usr/bin/qemu-aarch64"},
		{"another's", "", "aarch64", []file{{path: "/usr/bin/qemu-aarch64_be", content: static}}, "-", "-"},
	} {
		r := newRoot(t)
		r.Path = c.path
		r.fill(c.files)
		if c.dynamic == "" {
			c.dynamic = c.static
		}
		for _, needStatic := range []bool{false, true} {
			want := c.dynamic
			if needStatic {
				want = c.static
			}
			got := "-"
			if e, err := r.Find(arch(t, c.arch), needStatic); err == nil {
				got = e.Path
			}
			if got != want {
				t.Errorf("%s, needStatic %t: %s, want %s", c.what, needStatic, got, want)
			}
		}
	}
}

// What is found is described.
func TestFound(t *testing.T) {
	for _, c := range []struct {
		content string
		mode    os.FileMode
		static  bool
		kind    Kind
		version Version
		flags   string
	}{
		{static, 0o755, true, QEMU, Version{9, 2, "9.2.0 (made)"}, "POF"},
		{dynamic, 0o755, false, QEMU, Version{8, 1, "8.1.0"}, "POF"},
		{elf{data: qemu("aarch64", "5.2.0 (Debian 1:5.2+dfsg-11+deb11u3)")}.String(), 0o755, true, QEMU,
			Version{5, 2, "5.2.0 (Debian 1:5.2+dfsg-11+deb11u3)"}, "OF"},
		{static, 0o111, false, QEMU, Version{}, "OF"},
		{elf{data: "nothing"}.String(), 0o755, true, Unknown, Version{}, "F"},
	} {
		r := newRoot(t)
		r.file("/usr/bin/qemu-aarch64", c.content, c.mode)
		e, err := r.Find(arch(t, "aarch64"), false)
		if err != nil {
			t.Error(err)
			continue
		}
		want := Emulator{arch(t, "aarch64"), "/usr/bin/qemu-aarch64", c.static, c.kind, c.version}
		if *e != want || e.Flags(false) != c.flags {
			t.Errorf("%+v with flags %s, want %+v with %s", *e, e.Flags(false), want, c.flags)
		}
	}
}

// What does not fit is named: the one that lacks least.
func TestNotFound(t *testing.T) {
	all := []file{
		{path: "/usr/bin/qemu-aarch64", content: dynamic},
		{"/a/qemu-aarch64", static, 0o644},
		{path: "/b/qemu-aarch64", content: "#!/bin/sh\n"},
		{path: "/c/qemu-aarch64", content: elf{machine: foreign}.String()},
		{path: "/d/qemu-aarch64", content: "=qemu-aarch64"},
	}
	const prefix = "no emulator for aarch64 was found that can be used: "
	for _, c := range []struct {
		what      string
		files     []file
		err, hint string
	}{
		{"nothing", nil, "no emulator for aarch64 was found", "apt install qemu-user-static"},
		{"dynamic", all, prefix + "/usr/bin/qemu-aarch64 is dynamically linked: its loader /lib64/ld-linux-x86-64.so.2 and its libraries would be looked up inside the root", "apt install qemu-user-static"},
		{"not executable", all[1:], prefix + "/a/qemu-aarch64 is not executable (mode 0644)", "chmod +x /a/qemu-aarch64"},
		{"script", all[2:], prefix + "/b/qemu-aarch64 is a script, and would be started by way of /bin/sh, not an emulator by itself", "apt install"},
		{"foreign", all[3:], prefix + "/c/qemu-aarch64 is a program for an unknown architecture (class 2, machine 22), this machine is x86_64", "apt install"},
		{"loop", all[4:], prefix + "/d/qemu-aarch64: too many levels of symbolic links", "apt install"},
		{"broken", []file{{path: "/usr/bin/qemu-aarch64", content: static[:100]}}, prefix + "/usr/bin/qemu-aarch64: ELF program headers: truncated", "apt install"},
		{"directory", []file{{path: "/usr/bin/qemu-aarch64/x"}}, prefix + "/usr/bin/qemu-aarch64 is a directory, not a program", "apt install"},
		{"text", []file{{path: "/usr/bin/qemu-aarch64", content: "hello"}}, prefix + "/usr/bin/qemu-aarch64 is a text without a #! line, not a program", "apt install"},
	} {
		r := newRoot(t)
		r.Path = "/a:/b:/c:/d"
		r.fill(append(c.files, file{path: "/etc/os-release", content: "ID=debian\nVERSION_ID=\"12\"\n"}))
		_, err := r.Find(arch(t, "aarch64"), true)
		if err == nil || !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v, want %s", c.what, err, c.err)
			continue
		}
		hints := strings.Join(remedy.Hints(err), "\n")
		if !strings.Contains(hints, c.hint) || !strings.Contains(hints, "--emulator=aarch64=PATH") {
			t.Errorf("%s: hints %s", c.what, hints)
		}
	}
}

// Nothing waits for the writer of a fifo.
func TestFifo(t *testing.T) {
	r := newRoot(t)
	os.MkdirAll(r.Root+"/usr/bin", 0o755)
	os.MkdirAll(r.Root+"/etc", 0o755)
	for _, path := range []string{"/usr/bin/qemu-aarch64", "/etc/os-release"} {
		if err := unix.Mkfifo(r.Root+path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.Find(arch(t, "aarch64"), false)
	if err == nil || !strings.Contains(err.Error(), "is a fifo, not a program") {
		t.Error(err)
	}
}

// A mount without the right to execute, as an ordinary user can make it.
func TestNoExec(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	r := newRoot(t)
	r.file("/usr/bin/qemu-aarch64", "", 0o755)
	if err := unix.Mount("none", r.Root+"/usr/bin", "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(r.Root+"/usr/bin", unix.MNT_DETACH)
	r.file("/usr/bin/qemu-aarch64", static, 0o755)
	_, err := r.Find(arch(t, "aarch64"), false)
	if err == nil || !strings.Contains(err.Error(), "/usr/bin/qemu-aarch64 is on a file system mounted noexec") ||
		!strings.Contains(remedy.Hints(err)[0], "copy it to a file system") {
		t.Error(err)
	}
	r.file("/usr/local/bin/qemu-aarch64", static, 0o755)
	if e, err := r.Find(arch(t, "aarch64"), false); err != nil || e.Path != "/usr/local/bin/qemu-aarch64" {
		t.Error(e, err)
	}
}

// The emulators of this machine, all of them.
func TestThisMachine(t *testing.T) {
	s := Search{Path: "/usr/bin"}
	for _, target := range targets {
		path := debian(t, target)
		e, err := s.Find(arch(t, target), true)
		if err != nil {
			t.Error(err)
			continue
		}
		out, err := exec.Command(path, "--version").Output()
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(out), "\n")
		if want := "qemu-" + target + " version " + e.Version.Text; first != want || e.Path != path || !e.Static || e.Kind != QEMU {
			t.Errorf("%+v, it says %q", e, first)
		}
	}
}

// A real program of this machine that is dynamic.
func TestRealDynamic(t *testing.T) {
	r := newRoot(t)
	sh, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	r.file("/usr/bin/qemu-s390x", string(sh), 0o755)
	if e, err := r.Find(arch(t, "s390x"), false); err != nil || e.Static || e.Kind != Unknown {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := r.Find(arch(t, "s390x"), true); err == nil || !strings.Contains(err.Error(), "is dynamically linked: its loader /lib") {
		t.Error(err)
	}
}

func BenchmarkFind(b *testing.B) {
	debian(b, "aarch64")
	s := Search{Path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	a := arch(b, "aarch64")
	for b.Loop() {
		if _, err := s.Find(a, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindNothing(b *testing.B) {
	s := Search{Path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin", Root: b.TempDir()}
	a := arch(b, "aarch64")
	for b.Loop() {
		if _, err := s.Find(a, true); err == nil {
			b.Fatal("found")
		}
	}
}
