package main

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/remedy"
)

// detect finds out which architectures --arch=auto means: that of the program, and in a root that of its tree too, for a
// program in there may start others. files are what the program's name may stand for.
func (o *Options) detect(files []string, f *ruleFacts) ([]*binfmt.Arch, error) {
	var found []*binfmt.Arch
	if file, h := o.program(files); h != nil {
		a := h.Arch()
		if a == nil {
			return nil, fmt.Errorf("%s: is a program for %s", file, h.Unknown())
		}
		found = append(found, a)
	}
	if o.Root == "" {
		return found, nil
	}
	f.Tree = o.treeArch()
	switch {
	case f.Tree != nil && !slices.Contains(found, f.Tree):
		found = append(found, f.Tree)
	case len(found) == 0:
		return nil, remedy.New(fmt.Sprintf("--arch=auto: nothing in %s tells its architecture", o.Root), "if it is a tree of programs name it: --arch=arm64")
	}
	return found, nil
}

// program is the first of the files that has an ELF header, and that header; nil if none has.
func (o *Options) program(files []string) (file string, h *binfmt.Header) {
	for _, file = range files {
		if h = o.header(file); h != nil {
			return file, h
		}
	}
	return "", nil
}

// header reads the ELF header of a program or, of a script, that of the program which runs it. Nil if there is none.
func (o *Options) header(file string) *binfmt.Header {
	image := o.inspect(file)
	for depth := 0; image != nil && image.Kind == binfmt.KindScript && depth < maxScripts; depth++ {
		image = o.inspect(image.Interpreter)
	}
	if image == nil {
		return nil
	}
	return image.ELF
}

// treeArch finds out what a tree is for by what is at the usual places: shells, loaders, and what package managers say.
func (o *Options) treeArch() *binfmt.Arch {
	usual := slices.Concat(shells[:], multiCalls[:], []string{"/usr/bin/env", "/sbin/init", "/usr/lib/systemd/systemd", "/init", "/bin/init"})
	if a := o.firstArch(usual); a != nil {
		return a
	}
	if a := o.firstArch(shellsOf(o.storeDirs())); a != nil {
		return a
	}
	for _, dir := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64"} {
		if a := o.loaderArch(dir); a != nil {
			return a
		}
	}
	for _, hint := range []struct{ file, key string }{
		{"/usr/lib/os-release", "ARCHITECTURE="}, // systemd's spelling, os-release(5)
		{"/etc/os-release", "ARCHITECTURE="},
		{"/etc/apk/arch", ""},
		{"/var/lib/dpkg/arch", ""},
	} {
		if a := binfmt.FindArch(o.word(hint.file, hint.key)); a != nil {
			return a
		}
	}
	return nil
}

// firstArch is that of the first of the files which is a program.
func (o *Options) firstArch(files []string) *binfmt.Arch {
	for _, file := range files {
		if h := o.header(file); h != nil && h.Arch() != nil {
			return h.Arch()
		}
	}
	return nil
}

// companionLoaders are the loaders of 32-bit programs in trees of 64-bit architectures.
var companionLoaders = [...]struct{ tree, arch, loader string }{
	{"x86_64", "i386", "/lib/ld-linux.so.2"},
	{"x86_64", "i386", "/lib/ld-musl-i386.so.1"},
	{"aarch64", "arm", "/lib/ld-linux-armhf.so.3"},
	{"aarch64", "arm", "/lib/ld-linux.so.3"},
	{"aarch64", "arm", "/lib/ld-musl-armhf.so.1"},
}

// others lists the architectures that a tree is known to have programs of beside its own: dpkg's foreign ones, and that of the
// companion if its loader is there. Those without an emulator are left out: most launches do without.
func (o *Options) others(tree *binfmt.Arch, f *ruleFacts) (others []*binfmt.Arch) {
	if tree == nil {
		return nil
	}
	names := o.lines("/var/lib/dpkg/arch")
	for _, c := range companionLoaders {
		if c.tree == tree.Name && chroot.Exists(o.seen(), c.loader) {
			names = append(names, c.arch)
		}
	}
	for _, name := range names {
		a := binfmt.FindArch(name)
		if a == nil || a == tree || slices.Contains(others, a) {
			continue
		}
		if !a.RunsHere() && !o.hasEmulator(a) {
			f.note("the tree has programs for %s, and no emulator for it is found", a.Name)
			continue
		}
		others = append(others, a)
	}
	return others
}

// companion adds the companion of an emulated tree, of whose static programs nothing tells, to the architectures that get a rule: one
// more costs nothing where there are rules anyhow.
func (o *Options) companion(arches []*binfmt.Arch, f *ruleFacts) []*binfmt.Arch {
	if f.Tree == nil || f.Tree.RunsHere() {
		return arches
	}
	for _, c := range companionLoaders {
		a := binfmt.FindArch(c.arch)
		if c.tree == f.Tree.Name && !slices.Contains(arches, a) && !a.RunsHere() && o.hasEmulator(a) {
			f.note("--arch=auto: %s, for 32-bit programs in the tree", a.Name)
			return append(arches, a)
		}
	}
	return arches
}

// hasEmulator tells whether there is one that can be used in the root.
func (o *Options) hasEmulator(a *binfmt.Arch) bool {
	search, err := o.search([]*binfmt.Arch{a})
	if err != nil {
		return true // an error that --emulator has made is told later
	}
	_, err = search.Find(a, true)
	return err == nil
}

// lines are those of a file in the root; none if there is no such file.
func (o *Options) lines(file string) (lines []string) {
	f, err := o.openToRead(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, strings.TrimSpace(s.Text()))
	}
	return lines
}

// loaderArch looks at the dynamic loaders in a directory: ld-linux-aarch64.so.1, ld-musl-armhf.so.1, ld.so.1.
func (o *Options) loaderArch(dir string) *binfmt.Arch {
	for _, name := range chroot.List(o.seen(), dir) {
		if !strings.HasPrefix(name, "ld") || !strings.Contains(name, ".so") {
			continue
		}
		if h := o.header(path.Join(dir, name)); h != nil && h.Arch() != nil {
			return h.Arch()
		}
	}
	return nil
}

// word is what stands behind key in the first line of a file that begins with it; "" if there is none.
func (o *Options) word(file, key string) string {
	f, err := o.openToRead(file)
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
