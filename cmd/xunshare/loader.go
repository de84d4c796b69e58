package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
)

// lookForLoader says what is missing if the program is dynamic and for an emulator that will not
// find its loader, and completes the environment where the emulator has to learn from that where
// the loader is.
func (o *Options) lookForLoader(f *Facts) {
	if len(f.Rules.Prefixes) == 1 {
		f.Target.Env = withDefault(f.Target.Env, prefixVariable, f.Rules.Prefixes[0])
	}
	if !o.loads() {
		return
	}
	for _, file := range f.Target.Candidates {
		h := o.header(file)
		if h == nil {
			continue
		}
		if a := h.Arch(); a != nil && h.Interp != "" && !a.RunsHere() && !o.finds(h.Interp, a, f) {
			o.note(noLoader(file, h.Interp, a, o.inRoot()))
		}
		return
	}
}

// finds tells whether an emulator finds the loader, or whether that cannot be told.
func (o *Options) finds(loader string, a *binfmt.Arch, f *Facts) bool {
	mounted := func(op chroot.Operation) bool { return op.Kind == chroot.Bind }
	if _, set := variable(f.Target.Env, prefixVariable); set || slices.ContainsFunc(o.Operations, mounted) || slices.Contains(f.Rules.Others, a) || chroot.Exists(o.seen(), loader) {
		return true
	}
	prefixes := []string{"/etc/qemu-binfmt/" + a.Name, "/usr/gnemul/qemu-" + a.Name} // what distributions build QEMU with
	for _, r := range f.Rules.Sysroots {
		if r.Arch == a {
			prefixes = append(prefixes, r.Dir)
		}
	}
	return slices.ContainsFunc(prefixes, func(dir string) bool { return chroot.Exists(o.seen(), dir+loader) })
}

// noLoader is what to do. Debian has the C libraries of other architectures for cross compilers.
func noLoader(file, loader string, a *binfmt.Arch, where string) string {
	words := fmt.Sprintf("%s: needs the program loader %s, which is not there%s: name a directory that has it, --sysroot=DIR", file, loader, where)
	if strings.Contains(loader, "musl") || a.Debian == "" {
		return words
	}
	return words + ", or install one (Debian and Ubuntu: apt install " + crossLibrary(loader, a) + ")"
}

// crossLibrary is the name of the package.
func crossLibrary(loader string, a *binfmt.Arch) string {
	port, _, _ := strings.Cut(a.Debian, ",")
	switch {
	case strings.Contains(loader, "armhf"):
		port = "armhf"
	case a.Name == "alpha":
		return "libc6.1-alpha-cross"
	}
	return "libc6-" + port + "-cross"
}
