package native

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/xunshare/xunshare/internal/inside"
)

// Perl's modules in C are the tree's, so a native perl has the host's beside it, of the same version.
// What Config.pm says of the machine is the tree's. Modules in C of other packages are found in
// neither.
const perl = "perl"

// perlDirs are directories of perl's own in /usr/lib/TRIPLET, and those of the folder in their place.
// The last is for what other packages bring along.
var perlDirs = [...]struct{ dir, in string }{
	{"/perl-base", "/perl-base"},
	{"/perl/", "/perl"},
	{"/perl5/", "/none"},
}

// perlVersion is what a Config.pm says; "" if it does not.
func perlVersion(config []byte) string {
	_, rest, _ := strings.Cut(string(config), "\n    version => '")
	version, _, _ := strings.Cut(rest, "'")
	return version
}

// addPerl copies the modules that perl, which b is a copy of, has of its own, and makes it look there.
func (c *copier) addPerl(b image) error {
	if c.folder != Folder {
		return errors.New("what it starts itself by ($^X) would lead nowhere")
	}
	host, tree := archDir(c.shelf.root), treeArchDir(c.tree)
	if host == "" || tree == "" {
		return errors.New("its modules are not where Debian has them")
	}
	ours, err := c.shelf.read(path.Join("/", c.shelf.root, host, "perl-base/Config.pm"))
	if err != nil {
		return err
	}
	theirs, err := c.readTree(path.Join(tree, "perl-base/Config.pm"))
	if err != nil {
		return cause(err)
	}
	version := perlVersion(ours)
	short := strings.LastIndexByte(version, '.')
	if perlVersion(theirs) != version || short < 0 {
		return errors.New("is another version of perl")
	}
	if err := b.relocateAll(host, c.folder); err != nil || c.dir == "" { // nothing is to be made
		return err
	}
	return errors.Join(c.copyTree(path.Join(host, "perl-base"), "perl-base"), c.copyTree(path.Join(host, "perl", version[:short]), "perl"),
		c.copyConfig(path.Join(tree, "perl-base"), "perl-base"))
}

// archDir is the directory of this machine's libraries that has perl's; "" if there is none, or
// more.
func archDir(root string) string {
	found := ""
	for _, name := range inside.List(root, libDir) {
		dir := path.Join(libDir, name)
		switch {
		case !inside.IsDir(root, dir+"/perl-base"):
		case found != "":
			return ""
		default:
			found = dir
		}
	}
	return found
}

func treeArchDir(tree *inside.Root) string {
	for _, name := range tree.List("/usr/lib") {
		if dir := "/usr/lib/" + name; tree.IsDir(dir + "/perl-base") {
			return dir
		}
	}
	return ""
}

// relocateAll makes perl look for its modules in the folder.
func (b image) relocateAll(host, folder string) (err error) {
	for _, d := range perlDirs {
		err = errors.Join(err, b.relocate(host+d.dir, folder+d.in))
	}
	return errors.Join(err, b.relocate("/usr/local"+strings.TrimPrefix(host, "/usr")+"/perl/", folder+"/none"))
}

// relocate overwrites all strings that begin so. Their lengths are built in (perl.c, STR_WITH_LEN).
func (b image) relocate(prefix, by string) error {
	return b.rename(prefix, func(end string) string { return padded(by, len(prefix)+len(end)) })
}

// copyTree copies the files of a directory of the host, but for what is about the machine.
func (c *copier) copyTree(dir, to string) error {
	top, err := inside.Resolve(c.shelf.root, dir)
	if errors.Is(err, fs.ErrNotExist) { // perl alone, without its libraries
		return nil
	}
	if err != nil {
		return err
	}
	top = path.Join("/", c.shelf.root, top)
	return filepath.WalkDir(top, func(file string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(file, top)
		switch {
		case err != nil || strings.HasPrefix(name, "/Config") || !strings.HasSuffix(name, ".pm") && !strings.HasSuffix(name, ".pl") && !strings.HasSuffix(name, ".so"):
			return err
		case entry.IsDir():
			return nil
		}
		b, err := c.shelf.read(file)
		if err == nil {
			err = c.write(path.Join(to, name), b)
		}
		return err
	})
}

// copyConfig copies what the tree's perl says of the machine.
func (c *copier) copyConfig(dir, to string) error {
	for _, name := range c.tree.List(dir) {
		if !strings.HasPrefix(name, "Config") {
			continue
		}
		b, err := c.readTree(path.Join(dir, name))
		if err == nil {
			err = c.write(path.Join(to, name), b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readTree reads a file of the tree.
func (c *copier) readTree(file string) (image, error) {
	c.shelf.from.Add(path.Join(c.root, file))
	return c.tree.Text(file, mostOfTree)
}
