package main

import (
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/verb"
)

// goldenMounts are facts for the mounts of o: all is where it was asked for. Of the words "missing" has the places missing
// from "/", "deep" from directories beneath it, "old" means a kernel that has no mount_setattr(2).
func goldenMounts(o *Options, words []string) chroot.Mounts {
	submounts := []chroot.Submount{{Flags: unix.MS_RELATIME}, {Path: "/sub", Flags: unix.MS_NOSUID}}
	m := chroot.Mounts{RootMode: 0o755, Devices: []string{"null", "tty"}, OldKernel: slices.Contains(words, "old"), RootMounts: submounts}
	if slices.Contains(words, "terminal") {
		m.Console, m.Terminals = "/dev/pts/7", []chroot.Terminal{{FD: 0}, {FD: 2}}
	}
	places := map[chroot.OperationKind]string{chroot.Devices: "/dev", chroot.System: "/sys", chroot.Resolver: "/etc/resolv.conf"}
	for _, op := range o.Operations {
		p := chroot.Point{Path: op.Target + places[op.Kind], Source: op.Source, Mounts: submounts}
		switch op.Kind {
		case chroot.Resolver:
			p.Source = "/etc/resolv.conf"
			p.Skip = slices.Contains(words, "no-resolv.conf")
		case chroot.System:
			p.Source = "/sys"
		}
		lack(&m, &p, words)
		m.Points = append(m.Points, p)
	}
	return m
}

// lack lets a place be missing.
func lack(m *chroot.Mounts, p *chroot.Point, words []string) {
	layer := &chroot.LayerFact{Path: path.Dir(p.Path), Mode: 0o755, Entries: []verb.Entry{
		{Name: "bin", Kind: verb.Dir}, {Name: "file"}, {Name: "lib", Kind: verb.Link, Link: "usr/lib"}}}
	switch {
	case slices.Contains(words, "missing"):
		layer.Path = "/"
		m.Cover, m.Sealed, p.Dirs = layer, []string{"/"}, []string{p.Path}
	case slices.Contains(words, "deep"):
		m.Sealed = append(m.Sealed, layer.Path)
		p.Layer, p.File = layer, true
	}
}

func TestCutPath(t *testing.T) {
	for _, c := range []struct {
		in, path, rest string
		found          bool
	}{
		{"/a", "/a", "", false},
		{"/a:/b", "/a", "/b", true},
		{"/a:", "/a", "", true},
		{`/a\:b:/c\:d`, "/a:b", `/c\:d`, true},
		{`/a\\:/b`, `/a\`, "/b", true},
		{`/a\b\`, `/a\b\`, "", false},
		{"", "", "", false},
	} {
		path, rest, found := cutPath(c.in)
		if path != c.path || rest != c.rest || found != c.found {
			t.Errorf("%q is %q, %q, %v", c.in, path, rest, found)
		}
	}
}

func TestMountOptionErrors(t *testing.T) {
	for _, c := range []struct{ option, says string }{
		{"--bind=", "is not SRC[:DST]"},
		{"--bind=:/x", "is not SRC[:DST]"},
		{"--bind=/x:", "is not SRC[:DST]"},
		{"--bind=/x:y", "has to be an absolute path"},
		{"--tmpfs=x", "has to be an absolute path"},
		{"--tmpfs=", "empty"},
		{"--tmpfs=/x:uid=0", "neither size"},
		{"--tmpfs=/x:size=", "neither size"},
		{"--tmpfs=/x:size=1gg", "neither size"},
		{"--tmpfs=/x:mode=8", "neither size"},
		{"--resolv-conf=on", "neither auto nor off"},
		{"--hostname=" + string(make([]byte, 65)), "at most 64 bytes"},
		{"--setenv=A", "is not NAME=VALUE"},
		{"--setenv==x", "is not NAME=VALUE"},
		{"--unsetenv=", "name of a variable"},
		{"--unsetenv=A=b", "name of a variable"},
		{"--bind-self=", "empty"},
		{"--bind-self=x", "absolute"},
	} {
		_, err := parse([]string{"xunshare", c.option, "true"})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.option, err, c.says)
		}
	}
}

func TestChangedEnvironment(t *testing.T) {
	var o Options
	for _, err := range []error{setEnv(&o, "A=1"), setEnv(&o, "B=x=y"), unsetEnv(&o, "A"), setEnv(&o, "C="), unsetEnv(&o, "D"), setEnv(&o, "E=2")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before := []string{"A=0", "D=1", "DD=2", "E=1", "E=3"}
	want := []string{"DD=2", "B=x=y", "C=", "E=2"}
	if got := o.changed(before); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if before[0] != "A=0" {
		t.Error("the caller's environment was changed")
	}
}
