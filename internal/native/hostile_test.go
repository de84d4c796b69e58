package native

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/inside"
)

// someID is Go's build-id, by which a program without anything else is known.
const someID = "f-52S3zPOnmz_3W1kLUq/mPV9u1ejTSUqq8xLyikc/WUzlQqIB7uLtlF1pyhm2/izMch2f1z-xu1dlIfd-V"

// systems are a tree for arm64 and a root for this machine, of one release, with these files. A
// name that begins with a : is the other's. The text "program" is one that could run there; one
// that begins with -> is a symbolic link.
func systems(t *testing.T, files map[string]string) *Finder {
	t.Helper()
	own, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	programs := [...]string{goProgram(someID), string(own)}
	var roots [2]string
	for i := range roots {
		plain := map[string]string{"/etc/os-release": "ID=debian\nVERSION_ID=12\n"}
		links := map[string]string{}
		for name, text := range files {
			name, host := strings.CutPrefix(name, ":")
			to, link := strings.CutPrefix(text, "-> ")
			switch {
			case host != (i == 1):
			case link:
				links[name] = to
			case text == "program":
				plain[name] = programs[i]
			default:
				plain[name] = text
			}
		}
		roots[i] = root(t, plain)
		for name, to := range links {
			if err := os.MkdirAll(filepath.Dir(roots[i]+name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, roots[i]+name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &Finder{Tree: &inside.Root{Root: roots[0]}, Arch: binfmt.FindArch("arm64"), HostRoot: roots[1]}
}

// find looks for one program.
func find(t *testing.T, f *Finder, name string) Tool {
	t.Helper()
	r, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range f.Find(r) {
		if tool.Name == name {
			return tool
		}
	}
	t.Fatalf("%s is not looked for", name)
	return Tool{}
}

// A tree cannot have any file of this machine run by leading a name to it.
func TestElsewhere(t *testing.T) {
	for file, why := range map[string]string{
		"/usr/bin/gsed": "", "/bin/sed": "", "/usr/lib/llvm-14/bin/sed": "", "/usr/lib/go-1.19/pkg/tool/linux_arm64/sed": "has no /usr/lib/go-1.19/pkg/tool/linux_",
		"/home/u/sed": "/home/u is no directory of programs", "/usr/bin/x/sed": "/usr/bin/x is no", "/sed": "/ is no", "/usr/lib/llvm-14/x/sed": "is no",
	} {
		f := systems(t, map[string]string{"/usr/bin/sed": "-> " + file, file: "program", ":" + file: "program"})
		if tool := find(t, f, "sed"); (tool.Host == "") != (why != "") || !strings.Contains(tool.Why, why) {
			t.Errorf("%s: %+v, want %q", file, tool, why)
		}
	}
}

// To look at what is no file of this machine does not wait for anybody.
func TestFIFO(t *testing.T) {
	f := systems(t, map[string]string{"/usr/bin/sed": "program", ":/usr/bin/x": ""})
	if err := unix.Mkfifo(f.HostRoot+"/usr/bin/sed", 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan Tool)
	go func() { done <- find(t, f, "sed") }()
	select {
	case tool := <-done:
		if tool.Host != "" || tool.Why == "" {
			t.Errorf("%+v", tool)
		}
	case <-time.After(5 * time.Second):
		t.Error("it waits")
	}
}

// Symbolic links of another system's root lead where they do there.
func TestRootsLinks(t *testing.T) {
	const loader = "\x00/lib/x86_64-linux-gnu/\x00/usr/lib/x86_64-linux-gnu/\x00/lib/\x00/usr/lib/\x00"
	f := systems(t, map[string]string{"/usr/bin/sed": "program", ":/usr/bin/sed": "-> /nowhere/sed", ":/nowhere/sed": "program",
		":/lib64/ld.so": "-> /nowhere/ld.so", ":/nowhere/ld.so": loader, ":/nowhere/lib/libx.so": "-> /nowhere/sed", ":/nowhere/conf": "/nowhere/lib\n",
		":/etc/ld.so.conf.d/x.conf": "-> /nowhere/conf", ":/usr/lib/x/perl-base": "-> /nowhere/perl-base", ":/nowhere/perl-base/Config.pm": ""})
	if tool := find(t, f, "sed"); tool.Host != f.HostRoot+"/usr/bin/sed" {
		t.Errorf("%+v", tool)
	}
	c := f.copier(t.TempDir(), new(cache.Sources))
	c.loader = "/lib64/ld.so"
	if err := c.addLoader(); err != nil {
		t.Error(err)
	}
	if file := c.shelf.find("libx.so"); file != f.HostRoot+"/nowhere/lib/libx.so" {
		t.Error(file)
	}
	if _, err := c.shelf.read(f.HostRoot + "/usr/bin/sed"); err != nil {
		t.Error(err)
	}
	if dir := archDir(f.HostRoot); dir != "/usr/lib/x" {
		t.Error(dir)
	}
}

// The copies of a root's programs are made anew when a link in it leads to another file.
func TestRootsLinkChanges(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	f := systems(t, map[string]string{":/usr/bin/sed": "-> /opt/a", ":/opt/a": "a", ":/opt/b": "b"})
	for _, want := range [...]string{"a", "b"} {
		e, err := cache.Open("key", func(_ string, from *cache.Sources) (string, error) {
			text, err := f.copier("", from).shelf.read(f.HostRoot + "/usr/bin/sed")
			return string(text), err
		})
		if err != nil || e.Text != want {
			t.Fatalf("%+v, %v, want %s", e, err, want)
		}
		if err := errors.Join(os.Remove(f.HostRoot+"/usr/bin/sed"), os.Symlink("/opt/b", f.HostRoot+"/usr/bin/sed")); err != nil {
			t.Fatal(err)
		}
	}
}

// Files that are larger than memory are not read, and those that are no programs do no harm.
func TestSparse(t *testing.T) {
	const huge = 1 << 40
	f := systems(t, map[string]string{"/usr/bin/x-gcc-12": "", "/usr/lib/x/libLLVM-14.so": strings.Repeat("\x00", window-10) + "\x00aarch64-unknown-linux-gnu\x00",
		"/usr/lib/x/perl-base/Config.pm": "", ":/usr/bin/sed": ""})
	if got := f.llvmTarget("14"); got != "aarch64-unknown-linux-gnu" {
		t.Errorf("%q", got)
	}
	for _, file := range [...]string{f.Tree.Root + "/usr/bin/x-gcc-12", f.Tree.Root + "/usr/lib/x/libLLVM-14.so",
		f.Tree.Root + "/usr/lib/x/perl-base/Config.pm", f.HostRoot + "/usr/bin/sed"} {
		if err := os.Truncate(file, huge); err != nil {
			t.Fatal(err)
		}
	}
	if f.offloads(f.Tree, "/usr/bin/x-gcc-12") {
		t.Error("offloads")
	}
	if err := os.Truncate(f.Tree.Root+"/usr/lib/x/libLLVM-14.so", 0); err != nil || f.llvmTarget("14") != "" {
		t.Error(err)
	}
	if err := os.Truncate(f.Tree.Root+"/usr/lib/x/libLLVM-14.so", huge); err != nil || f.llvmTarget("14") != "" {
		t.Error(err)
	}
	c := f.copier("", new(cache.Sources))
	if _, err := c.readTree("/usr/lib/x/perl-base/Config.pm"); err == nil {
		t.Error("read")
	}
	if _, err := c.shelf.read(f.HostRoot + "/usr/bin/sed"); err == nil {
		t.Error("read")
	}
}

// A name without an end, or one that what it becomes does not fit into, is an error.
func TestRenameFails(t *testing.T) {
	for text, becomes := range map[string]string{"\x00/x/name": "y", "\x00/x/name\x00": "/longer than that"} {
		if err := image(text).rename("/x/", func(string) string { return becomes }); err == nil {
			t.Errorf("%q", text)
		}
	}
}

// A dynamic section that ends before it begins is none.
func TestDynamicWraps(t *testing.T) {
	b := image(goProgram(someID))
	binary.LittleEndian.PutUint32(b[64:], binfmt.PTDynamic)
	binary.LittleEndian.PutUint64(b[64+32:], ^uint64(0)-20)
	if found, err := b.dynamic(dtNeeded); err != nil || len(found) > 0 {
		t.Errorf("%q, %v", found, err)
	}
}
