package chroot

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Work of the parent is shown by --dry-run in the words of strace(1), as calls are.
func TestWorkInWords(t *testing.T) {
	if got, want := (lookAtLent{&Lent{Path: "/etc/resolv.conf"}}).String(), `open("/proc/CHILD/root/etc/resolv.conf", O_RDONLY)`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// soon fails the test if work does not end: to open a FIFO may wait for ever.
func soon(t *testing.T, work func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for ever")
	}
}

// A program may put anything in the place of the tree's file. What is not a file is not written to,
// and nobody waits for it.
func TestLentIsWritten(t *testing.T) {
	const text, notFile = "nameserver 192.0.2.1\n", "/f: it is not a file any more"
	fifo := func(name string) error { return unix.Mkfifo(name, 0o600) }
	for name, c := range map[string]struct {
		prepare func() error // in the tree
		want    string
	}{
		"a file":      {func() error { return os.WriteFile("f", []byte(text+"and more"), 0o600) }, text},
		"nothing":     {func() error { return nil }, text},
		"a link":      {func() error { return os.Symlink("/g", "f") }, text},
		"a link out":  {func() error { return os.Symlink("../../../../../dev/null", "f") }, "/f: no such file or directory"},
		"a fifo":      {func() error { return fifo("f") }, notFile},
		"a read fifo": {func() error { return readFIFO(t, "f") }, notFile},
		"a far fifo":  {func() error { os.Symlink("/g", "f"); return fifo("g") }, notFile},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			t.Chdir(root)
			if err := c.prepare(); err != nil {
				t.Fatal(err)
			}
			soon(t, func() {
				l := Lent{root: root, target: "/f"}
				got := ""
				if err := l.write(text); err != nil {
					got = err.Error()
				} else if b, err := os.ReadFile(root + l.target); err == nil {
					got = string(b)
				} else if b, err := os.ReadFile(root + "/g"); err == nil {
					got = string(b)
				}
				if !strings.HasSuffix(got, c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}

// readFIFO makes a FIFO that somebody reads from, so that to open it waits for nobody.
func readFIFO(t *testing.T, name string) error {
	if err := unix.Mkfifo(name, 0o600); err != nil {
		return err
	}
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	t.Cleanup(func() { unix.Close(fd) })
	return err
}

// What was added to a file is taken out of it again, wherever it stands in it, and nothing else is.
func TestWithout(t *testing.T) {
	for text, want := range map[string]string{
		"a:1\nme:2\n":      "a:1\n",
		"me:2\na:1\n":      "a:1\n",
		"a:1\nme:2\nb:3\n": "a:1\nb:3\n",
		"a:1\nsome:2\n":    "a:1\nsome:2\n",
		"a:1\nme:2":        "a:1\nme:2",
		"me:2\n":           "",
	} {
		if got := without(text, "me:2\n"); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
