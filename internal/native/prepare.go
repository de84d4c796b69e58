package native

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"

	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/inside"
)

// known is what an emulator has to know of the tools that run natively, from a folder.
func known(tools []Tool, folder string) (all []emulator.Native) {
	for i, t := range tools {
		if t.Host != "" {
			t.Known.Path = path.Join(folder, fileOf(i, &t))
			all = append(all, t.Known)
		}
	}
	return all
}

// fileOf is a tool's file in the folder. It has the name of the host's file, which is what ps(1)
// shows, in a directory of its own.
func fileOf(i int, t *Tool) string { return path.Join(strconv.Itoa(i), path.Base(t.Host)) }

// A copier fills a folder.
type copier struct {
	dir    string // "" to try, and to write nothing
	folder string // what it is to the target
	tree   *inside.Root
	root   string // its path
	shelf  *shelf
	loader string   // of the programs, on the host
	libs   []string // the files of their libraries
}

// fill makes the folder for tools in dir, which is empty. A tool that turns out not to be good for
// it is emulated; an error is one of writing.
func (f *Finder) fill(dir string, tools []Tool, from *cache.Sources) error {
	c := f.copier(dir, from)
	for i := range tools {
		t := &tools[i]
		if t.Host == "" {
			continue
		}
		b, err := c.adapt(t)
		if err != nil {
			t.drop(fmt.Sprintf("%s: %v", t.Host, err))
			continue
		}
		err = errors.Join(c.write(fileOf(i, t), b), c.addLinkerPlugin(t.Host))
		if err != nil {
			return err
		}
	}
	return errors.Join(c.addLibraries(), c.addLoader())
}

func (f *Finder) copier(dir string, from *cache.Sources) *copier {
	return &copier{dir: dir, folder: f.folder(), tree: f.Tree, root: f.root(), shelf: shelfOf(f.HostRoot, from)}
}

// adapt reads a program and makes it one that finds its loader in the folder, and the tree's
// compiler.
func (c *copier) adapt(t *Tool) (image, error) {
	b, err := c.shelf.read(t.Host)
	if err != nil {
		return nil, err
	}
	libs, err := c.shelf.collect(b, c.libs)
	if err != nil {
		return nil, err
	}
	loader, err := b.useLoader(c.folder)
	switch {
	case err != nil:
		return nil, err
	case c.loader != "" && loader != "" && loader != c.loader:
		return nil, fmt.Errorf("needs the loader %s, and others need %s", loader, c.loader)
	case loader != "":
		c.loader = loader
	}
	c.libs = libs
	if t.Name == perl {
		if err := c.addPerl(b); err != nil {
			return nil, err
		}
	}
	return b, errors.Join(b.becomeNative(within(c.shelf.root, t.Host)), b.dropRunPath())
}

// addLinkerPlugin copies that of a compiler, which lies beside its programs.
func (c *copier) addLinkerPlugin(program string) error {
	if path.Base(program) != "lto-wrapper" {
		return nil
	}
	b, err := c.shelf.read(path.Join(path.Dir(program), linkerPlugin))
	if err != nil {
		return nil // the compiler says so where it wants it
	}
	if libs, err := c.shelf.collect(b, c.libs); err == nil {
		c.libs = libs
	}
	return c.write(pluginName, b)
}

// addLibraries copies the libraries that programs need, and those that they ask for while they run.
func (c *copier) addLibraries() error {
	if c.loader == "" {
		return nil
	}
	for _, name := range asked {
		if file := c.shelf.find(name); file != "" && !slices.Contains(c.libs, file) {
			c.libs = append(c.libs, file)
		}
	}
	for _, file := range c.libs {
		b, err := c.shelf.read(file)
		if err != nil {
			return err
		}
		if b.usePlugins(c.folder) {
			err = c.addPlugins(path.Dir(file))
		}
		if err = errors.Join(err, c.write(path.Base(file), b)); err != nil {
			return err
		}
	}
	return nil
}

// addPlugins copies those of libbfd, which are beside it. The linker's is one of them.
func (c *copier) addPlugins(dir string) error {
	const own = "libdep.so"
	if b, err := c.shelf.read(path.Join(dir, pluginDir, own)); err == nil {
		if err := c.write(path.Join(bfdPlugins, own), b); err != nil {
			return err
		}
	}
	err := c.mkdir(bfdPlugins)
	if err == nil {
		err = os.Symlink("../"+pluginName, path.Join(c.dir, bfdPlugins, linkerPlugin))
	}
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

func (c *copier) addLoader() error {
	if c.loader == "" {
		return nil
	}
	b, err := c.shelf.read(path.Join("/", c.shelf.root, c.loader))
	if err == nil {
		err = b.keepToFolder(c.folder)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.loader, err)
	}
	return c.write(loaderName, b)
}

func (c *copier) write(name string, b image) error {
	file := path.Join(c.dir, name)
	if err := c.mkdir(path.Dir(name)); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(file, b, 0o755), os.Chmod(file, 0o755))
}

// mkdir makes a directory in the folder, and those above it.
func (c *copier) mkdir(name string) error {
	if name == "." || name == "/" {
		return nil
	}
	if err := c.mkdir(path.Dir(name)); err != nil {
		return err
	}
	return mkdirForAll(path.Join(c.dir, name))
}

// mkdirForAll makes a directory that everybody may look into. The caller's umask is for the
// caller's own files: these are for all users of a tree.
func mkdirForAll(dir string) error {
	switch err := os.Mkdir(dir, 0o755); {
	case errors.Is(err, os.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return os.Chmod(dir, 0o755)
}
