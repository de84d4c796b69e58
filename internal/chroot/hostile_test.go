package chroot

import (
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
