package rules

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/remedy"
)

// detect finds out which architectures --arch=auto means: that of the program, and in a root that
// of its tree too, for a program in there may start others. files are what the program's name may
// stand for.
func (c *chooser) detect(files []string) ([]*binfmt.Arch, error) {
	var found []*binfmt.Arch
	if file, h := c.program(files); h != nil {
		a := h.Arch()
		if a == nil {
			return nil, fmt.Errorf("%s: is a program for %s", file, h.Unknown())
		}
		found = append(found, a)
	}
	if c.Root == "" {
		return found, nil
	}
	c.tree = c.treeArch()
	switch {
	case c.tree != nil && !slices.Contains(found, c.tree):
		found = append(found, c.tree)
	case len(found) == 0:
		return nil, remedy.New(fmt.Sprintf("--arch=auto: nothing in %s tells its architecture", c.Root), "if the tree has programs, name their architecture: --arch=arm64")
	}
	return found, nil
}

// program is the first of the files that has an ELF header, and that header; nil if none has.
func (c *chooser) program(files []string) (file string, h *binfmt.Header) {
	for _, file = range files {
		if h = c.header(file); h != nil {
			return file, h
		}
	}
	return "", nil
}

// treeArch finds out what a tree is for by what is at the usual places: shells, loaders, and what
// package managers say.
func (c *chooser) treeArch() *binfmt.Arch {
	usual := slices.Concat(inside.Shells[:], inside.MultiCalls[:], []string{"/usr/bin/env", "/sbin/init", "/usr/lib/systemd/systemd", "/init", "/bin/init"})
	if a := c.firstArch(usual); a != nil {
		return a
	}
	if a := c.firstArch(inside.ShellsOf(c.in.StoreDirs())); a != nil {
		return a
	}
	for _, dir := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64"} {
		if a := c.loaderArch(dir); a != nil {
			return a
		}
	}
	for _, hint := range []struct{ file, key string }{
		{"/usr/lib/os-release", "ARCHITECTURE="}, // systemd's spelling, os-release(5)
		{"/etc/os-release", "ARCHITECTURE="},
		{"/etc/apk/arch", ""},
		{"/var/lib/dpkg/arch", ""},
	} {
		if a := binfmt.FindArch(c.word(hint.file, hint.key)); a != nil {
			return a
		}
	}
	return nil
}

// firstArch is that of the first of the files which is a program.
func (c *chooser) firstArch(files []string) *binfmt.Arch {
	for _, file := range files {
		if h := c.header(file); h != nil && h.Arch() != nil {
			return h.Arch()
		}
	}
	return nil
}

// besides lists the architectures that a tree is known to have programs of beside its own: dpkg's
// foreign ones, and that of the companion if its loader is there. Those without an emulator are
// left out: most launches do without.
func (c *chooser) besides(tree *binfmt.Arch) (others []*binfmt.Arch) {
	if tree == nil {
		return nil
	}
	names := c.lines("/var/lib/dpkg/arch")
	for _, l := range companionLoaders {
		if l.tree == tree.Name && c.in.Exists(l.loader) {
			names = append(names, l.arch)
		}
	}
	for _, name := range names {
		a := binfmt.FindArch(name)
		if a == nil || a == tree || slices.Contains(others, a) {
			continue
		}
		if !a.RunsHere() && !c.hasEmulator(a) {
			c.notes.Detail("the tree has programs for %s, and no emulator for it is found", a.Name)
			continue
		}
		others = append(others, a)
	}
	return others
}

// hasEmulator tells whether there is one that can be used in the root.
func (c *chooser) hasEmulator(a *binfmt.Arch) bool {
	search, err := c.search([]*binfmt.Arch{a})
	if err != nil {
		return true // an error that --emulator has made is told later
	}
	_, err = search.Find(a, true)
	return err == nil
}

// lines are those of a file in the root; none if there is no such file.
func (c *chooser) lines(file string) (lines []string) {
	f, err := c.in.Read(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, strings.TrimSpace(s.Text()))
	}
	return lines
}

// loaderArch looks at the dynamic loaders in a directory: ld-linux-aarch64.so.1,
// ld-musl-armhf.so.1, ld.so.1.
func (c *chooser) loaderArch(dir string) *binfmt.Arch {
	for _, name := range c.in.List(dir) {
		if !strings.HasPrefix(name, "ld") || !strings.Contains(name, ".so") {
			continue
		}
		if h := c.header(path.Join(dir, name)); h != nil && h.Arch() != nil {
			return h.Arch()
		}
	}
	return nil
}

// word is what stands behind key in the first line of a file that begins with it; "" if there is
// none.
func (c *chooser) word(file, key string) string {
	f, err := c.in.Read(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), key); ok {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
