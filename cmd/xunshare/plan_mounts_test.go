package main

import (
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/mountlist"
	"github.com/xunshare/xunshare/internal/verb"
)

// goldenMounts are facts for the mounts of o: all is where it was asked for. Of the words "missing"
// has the places missing from "/", "deep" from directories beneath it, "old" means a kernel that
// has no mount_setattr(2).
func goldenMounts(o *resolved, words []string) chroot.Mounts {
	submounts := []mountlist.Submount{{Flags: unix.MS_RELATIME}, {Path: "/sub", Flags: unix.MS_NOSUID}}
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
