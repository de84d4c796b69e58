package inside

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A path leads where it would lead the target: links and ".." stay inside, whatever the tree says.
func TestRoot(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(dir+"/root/etc/dir", 0o755),
		os.WriteFile(dir+"/root/etc/passwd", []byte("inside"), 0o640),
		os.WriteFile(dir+"/passwd", []byte("outside"), 0o644),
		os.Symlink("/etc/passwd", dir+"/root/absolute"),
		os.Symlink("../../../../etc/passwd", dir+"/root/etc/upward"),
		os.Symlink("../passwd", dir+"/root/out"),
		os.Symlink("/etc/loop", dir+"/root/etc/loop"),
		os.Symlink("etc", dir+"/root/link"),
		unix.Mkfifo(dir+"/root/fifo", 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := Root{Root: dir + "/root", Dir: func() string { return "/etc" }}
	for file, want := range map[string]string{
		"/etc/passwd": "inside", "passwd": "inside", "/absolute": "inside", "/etc/upward": "inside", "/../../etc/passwd": "inside", "/link/passwd": "inside",
		"/out": "", "/etc/loop": "", "/nosuch": "", "/fifo": "", "/etc": "",
	} {
		text := ""
		if f, err := r.Read(file); err == nil {
			b, _ := io.ReadAll(f)
			text = string(b)
			f.Close()
		}
		if text != want {
			t.Errorf("%s: read %q, want %q", file, text, want)
		}
	}
	for file, want := range map[string]bool{"/etc": true, "/link": true, "dir": true, "/etc/passwd": false, "/nosuch": false, "/etc/loop": false} {
		if r.IsDir(file) != want {
			t.Errorf("%s is a directory: %v", file, !want)
		}
	}
	for file, want := range map[string]uint32{"/absolute": unix.S_IFREG | 0o640, "/etc/dir": unix.S_IFDIR | 0o755, "/fifo": unix.S_IFIFO | 0o600, "/out": 0} {
		if got := r.Mode(file); got != want || r.Exists(file) != (want != 0) {
			t.Errorf("%s has mode %o, want %o", file, got, want)
		}
	}
	names := r.List("/link")
	slices.Sort(names)
	if want := []string{"dir", "loop", "passwd", "upward"}; !slices.Equal(names, want) || r.List("/fifo") != nil {
		t.Errorf("%q, want %q", names, want)
	}
	r.View, r.Root = filepath.Join(dir, "root"), "/nosuch"
	if !r.Exists("passwd") {
		t.Error("the view is not looked into")
	}
}

// Whether a directory can be written to depends on its mode, and on who owns it.
func TestWritable(t *testing.T) {
	dir := t.TempDir()
	own := func(user, _ uint32) bool { return int(user) == os.Geteuid() }
	for mode, want := range map[os.FileMode][2]bool{0o755: {true, true}, 0o555: {os.Geteuid() == 0, true}} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		plain := Writable(dir, "/", func(uint32, uint32) bool { return false })
		if got := [2]bool{plain, Writable(dir, "/", own)}; got != want {
			t.Errorf("%o: %v, want %v", mode, got, want)
		}
	}
	if Writable(dir, "/nosuch", own) {
		t.Error("a directory that is not there can be written to")
	}
}

// A text is read as a whole or, beyond its limit, not at all.
func TestText(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.WriteFile(dir+"/fits", []byte("four"), 0o644),
		os.WriteFile(dir+"/large", []byte("five."), 0o644),
		os.WriteFile(dir+"/holes", nil, 0o644),
		os.Truncate(dir+"/holes", 1<<40),
		unix.Mkfifo(dir+"/fifo", 0o600),
		os.Symlink("/fits", dir+"/link"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := Root{Root: dir}
	for file, want := range map[string]string{"/fits": "four", "/link": "four", "/large": "read /large: it is too large",
		"/holes": "read /holes: it is too large", "/fifo": "open /fifo: invalid argument", "/nosuch": "open /nosuch: no such file or directory"} {
		text, err := r.Text(file, 4)
		got := string(text)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

// What is shown at a place is looked for where it comes from; the last that covers it counts.
func TestShown(t *testing.T) {
	r := Root{Root: "/tree", Dir: func() string { return "/mnt" },
		Shown: []Shown{{At: "/mnt", From: "/a"}, {At: "/mnt/b", From: "/file", ReadOnly: true}}}
	for file, want := range map[string]string{"/mnt": "/a", "c": "/a/c", "/mnt/b": "/file", "/mnt/./x/../b": "/file", "/mntb": "/tree/mntb", "/etc": "/tree/etc"} {
		if got, shown := r.Outside(file); got != want || shown == strings.HasPrefix(want, "/tree") {
			t.Errorf("%s is %s (%v), want %s", file, got, shown, want)
		}
	}
}
