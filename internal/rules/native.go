package rules

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"text/tabwriter"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/native"
	"github.com/xunshare/xunshare/internal/remedy"
)

// finder looks for programs of the tree that need not be emulated.
func (c *chooser) finder(a *binfmt.Arch) *native.Finder {
	f := &native.Finder{Tree: c.in, Arch: a, HostRoot: c.Foreign.NativeRoot}
	if c.Foreign.NativeTree != "" {
		f.Descriptor = native.SpareDescriptor()
	}
	return f
}

// within chooses for the tree that has the programs: the root, or, where the target enters trees by
// itself, one like them.
func (c *chooser) within() *chooser {
	if c.Foreign.NativeTree == "" {
		return c
	}
	return &chooser{Options: c.Options, in: &inside.Root{Root: c.Foreign.NativeTree, Dir: func() string { return "/" }}, notes: c.notes}
}

// checkNativeDirs finds a directory of native programs that is none.
func checkNativeDirs(asked *cmdline.Foreign) error {
	for _, d := range [...]struct{ option, dir, hint string }{
		{"--native-root", asked.NativeRoot, "name a directory with a system for this machine, as examples/debian-tree makes one"},
		{"--native-tree", asked.NativeTree, "name a tree like those that the program enters"},
	} {
		if d.dir == "" {
			continue
		}
		info, err := os.Stat(d.dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return remedy.New(d.option+": "+d.dir+": there is no such directory", d.hint)
		case err != nil:
			return fmt.Errorf("%s: %w", d.option, err)
		case !info.IsDir():
			return remedy.New(d.option+": "+d.dir+": is not a directory", d.hint)
		}
	}
	return nil
}

// checkNative finds what was named for native programs and cannot have any, and a tree that the
// architectures asked for have nothing to do with.
func (c *chooser) checkNative(arches []*binfmt.Arch) error {
	tree := c.Foreign.NativeTree
	if err := checkNativeDirs(&c.Foreign); err != nil || tree == "" {
		return err
	}
	switch a := c.within().treeArch(); {
	case a == nil:
		return remedy.New("--native-tree: nothing in "+tree+" tells its architecture", "name a tree that has programs")
	case !slices.Contains(arches, a):
		return remedy.New(fmt.Sprintf("--native-tree: %s is a tree for %s, of which nothing is to be emulated", tree, a.Name), "name it: --arch="+a.Name)
	}
	return nil
}

// natives are those that an emulator is to know; none for an architecture that is not the tree's.
func (c *chooser) natives(e *emulator.Emulator) ([]emulator.Native, error) {
	if c.Foreign.Native == nil {
		return nil, nil
	}
	of := c.within()
	if of.tree == nil {
		of.tree = of.treeArch()
	}
	if e.Arch != of.tree {
		return nil, nil
	}
	if of != c && c.Traced {
		c.notes.Add("--native: all programs are emulated: a tracer cannot show this machine's to trees that are entered later")
		return nil, nil
	}
	if why := cannotLookUp(e.Path); why != nil {
		c.notes.Add("%s: %v, so all programs are emulated", e.Path, why)
		return nil, nil
	}
	if c.Native == nil {
		chosen, err := of.finder(e.Arch).Choose(c.Foreign.Native, c.notes)
		if err != nil {
			return nil, err
		}
		c.Native = chosen
	}
	return c.Native.Known, nil
}

// cannotLookUp says why an emulator cannot be made to know programs of this machine.
func cannotLookUp(file string) error {
	if err := emulator.CanLookUp(); err != nil {
		return err
	}
	return cannotInsert(file)
}

// kept is the path in the cache of a copy: to make it takes as long as all the rest of a launch.
func kept(want emulator.Copy, file string) (string, error) {
	const form = "emulator 2"
	name := path.Base(file)
	e, err := cache.Open(cache.Key(form, file, want.Key()), func(dir string, from *cache.Sources) (string, error) {
		from.Add(file)
		return "", want.Write(path.Join(dir, name), file)
	})
	if err != nil {
		return "", err
	}
	return path.Join(e.Dir, name), nil
}

// ListNative prints what would run natively in a tree, from where, and why the rest would not.
func ListNative(asked *cmdline.Options) error {
	if err := checkNativeDirs(&asked.Foreign); err != nil {
		return err
	}
	root := cmp.Or(asked.Root, asked.Foreign.NativeTree)
	c := chooser{Options: asked, in: &inside.Root{Root: root, Dir: func() string { return "/" }}}
	a := c.treeArch()
	switch {
	case a == nil:
		return remedy.New("--list-native: nothing in "+root+" tells its architecture", "name a tree that has programs")
	case a.RunsHere():
		_, err := fmt.Printf("%s is a tree for %s: all its programs run here without an emulator\n", root, a.Name)
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROGRAM\tIN THE TREE\tRUNS")
	for _, t := range c.finder(a).List(asked.Foreign.Native) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, orDash(t.Guest), t.Says())
	}
	return w.Flush()
}
