package rules

import (
	"slices"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/verb"
)

// isCompanion tells whether a is the host's 32-bit companion, and this kernel is to run its
// programs.
func (c *chooser) isCompanion(a *binfmt.Arch) bool {
	return a.Name != binfmt.Host().Name && a.RunsHere() && !c.emulates(a)
}

// runsCompanion tells whether the target is a program of the companion, and not one in a tree of
// the host's own architecture, whose other programs would be told the wrong machine. Of a target
// that does not tell, the tree does.
func (c *chooser) runsCompanion(files []string) bool {
	var all []*binfmt.Arch
	if _, h := c.program(files); h != nil {
		all = append(all, h.Arch())
	}
	if c.Root != "" {
		all = append(all, c.treeArch())
	}
	all = slices.DeleteFunc(all, func(a *binfmt.Arch) bool { return a == nil })
	return len(all) > 0 && !slices.ContainsFunc(all, func(a *binfmt.Arch) bool { return !c.isCompanion(a) })
}

// companionLoaders are the loaders of 32-bit programs in trees of 64-bit architectures.
var companionLoaders = [...]struct{ tree, arch, loader string }{
	{"x86_64", "i386", "/lib/ld-linux.so.2"},
	{"x86_64", "i386", "/lib/ld-musl-i386.so.1"},
	{"aarch64", "arm", "/lib/ld-linux-armhf.so.3"},
	{"aarch64", "arm", "/lib/ld-linux.so.3"},
	{"aarch64", "arm", "/lib/ld-musl-armhf.so.1"},
}

// companion adds the companion of an emulated tree, of whose static programs nothing tells, to the
// architectures that get a rule: one more costs nothing where there are rules anyhow.
func (c *chooser) companion(arches []*binfmt.Arch) []*binfmt.Arch {
	if c.tree == nil || c.tree.RunsHere() {
		return arches
	}
	for _, l := range companionLoaders {
		a := binfmt.FindArch(l.arch)
		if l.tree == c.tree.Name && !slices.Contains(arches, a) && !a.RunsHere() && c.hasEmulator(a) {
			c.notes.Detail("--arch=auto: %s, for 32-bit programs in the tree", a.Name)
			return append(arches, a)
		}
	}
	return arches
}

// Personality gives programs of the host's 32-bit companion the machine that they expect of
// uname(2).
func (f *Choice) Personality() []verb.Step {
	if !f.Companion {
		return nil
	}
	return []verb.Step{{Call: verb.Personality{Domain: verb.Linux32}, Reason: "tell the machine of a 32-bit system"}}
}
