package chroot

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// A tree's resolv.conf that leads to a file of the host's does not make anybody open that.
func TestResolverStaysInside(t *testing.T) {
	if _, ok := hostResolver(); !ok {
		asuser.Skip(t, "the host has no resolv.conf")
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: build(t, "etc/resolv.conf -> "+fifo), Watched: true, Operations: []Operation{{Kind: Resolver}}}
	soon(t, func() {
		var f Facts
		if err := o.Survey(&f); err != nil || f.Points[0].Lent == nil || f.Points[0].Lent.target != fifo {
			t.Errorf("%+v, %v", f.Points, err)
		}
	})
}

// Another owner of a tree may change it between the survey and the copying. No file of the host's
// is copied, nobody waits for a FIFO, and what has become large is not read.
func TestPartsStayInside(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := build(t, "out -> "+secret, "etc -> "+filepath.Dir(secret), "far -> ../../../../../../.."+secret)
	for _, err := range []error{
		os.WriteFile(root+"/text", []byte("text"), 0o600),
		os.WriteFile(root+"/large", nil, 0o600),
		os.Truncate(root+"/large", 1<<40),
		unix.Mkfifo(root+"/fifo", 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"/text": "text", "/out": "", "/etc/secret": "", "/far": "", "/fifo": "", "/large": "", "/nosuch": ""} {
		t.Run(name, func(t *testing.T) {
			child := build(t, "cwd/")
			soon(t, func() {
				told := ""
				err := copyParts{{root, name, "new", 0o640}}.Do(child, func(s string) { told = s })
				text, _ := os.ReadFile(child + "/cwd/new")
				if err != nil || string(text) != want || (told == "") != (want != "") {
					t.Errorf("%q, %q, %v; want %q", text, told, err, want)
				}
			})
		})
	}
}

// A launch lists and lends files of the tree only, even if a directory becomes a link meanwhile.
func TestDirectoriesStayInside(t *testing.T) {
	host := build(t, "f")
	root := build(t, "dir -> "+host, "root/dir -> "+host)
	shown := lookAtLent{&Lent{Path: "/dir/f"}}
	if err := shown.Do(root, nil); err == nil {
		t.Errorf("%s is lent", shown.copy.Name())
	}
	made := t.TempDir()
	if err := os.MkdirAll(made+"/cwd/metadata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (ownMetadata{Root: root, Path: "/dir", In: "metadata"}).Do(made, nil); err == nil {
		t.Error("there is metadata of the host's")
	}
	w := worldOf(t, root)
	if names, err := list(w.mounts[0].fd, "dir/."); err == nil {
		t.Errorf("%q are listed", names)
	}
}
