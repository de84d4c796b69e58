package rules

import (
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/environ"
)

// complete adds to the environment of the target what an emulator has to learn from that: where the
// loader is.
func (c *chooser) complete(env []string) []string {
	if len(c.prefixes) != 1 {
		return env
	}
	return environ.WithDefault(env, prefixVariable, c.prefixes[0])
}

// checkLoader says what is missing if the program is dynamic and for an emulator that will not find
// its loader.
func (c *chooser) checkLoader(files, env []string) {
	for _, file := range files {
		h := c.header(file)
		if h == nil {
			continue
		}
		if a := h.Arch(); a != nil && h.Interp != "" && !a.RunsHere() && !c.finds(h.Interp, a, env) {
			c.notes.Add("%s: needs the program loader %s, which is not there%s: %s", file, h.Interp, c.inRoot(), c.loaderRemedy(h.Interp, a))
		}
		return
	}
}

// finds tells whether an emulator finds the loader, or whether that cannot be told.
func (c *chooser) finds(loader string, a *binfmt.Arch, env []string) bool {
	mounted := func(op chroot.Operation) bool { return op.Kind == chroot.Bind }
	if _, set := environ.Find(env, prefixVariable); set || slices.ContainsFunc(c.Operations, mounted) || slices.Contains(c.others, a) || c.in.Exists(loader) {
		return true
	}
	prefixes := []string{"/etc/qemu-binfmt/" + a.Name, "/usr/gnemul/qemu-" + a.Name} // what distributions build QEMU with
	for _, r := range c.sysroots {
		if r.Arch == a {
			prefixes = append(prefixes, r.Dir)
		}
	}
	return slices.ContainsFunc(prefixes, func(dir string) bool { return c.in.Exists(dir + loader) })
}

// loaderRemedy is what to do. In a tree only what is in it counts. Debian has the C libraries of
// other architectures for cross compilers.
func (c *chooser) loaderRemedy(loader string, a *binfmt.Arch) string {
	if c.Root != "" {
		return "put its loader and libraries into the tree, or use a statically linked program"
	}
	const named = "name a directory that has it, --sysroot=DIR"
	if strings.Contains(loader, "musl") || a.Debian == "" {
		return named
	}
	return named + ", or install one (Debian and Ubuntu: apt install " + crossLibrary(loader, a) + ")"
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
