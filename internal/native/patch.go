package native

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Folder is where a target sees what runs natively, in a root that xunshare enters. It has so short a
// name because names that the loader and programs have built in are overwritten with names in it.
const Folder = "/dev/.n"

// The names in the folder.
const (
	loaderName = "ld.so"
	bfdPlugins = "/bfd"
	pluginName = "lto.so"
)

// Names of files that are nowhere, as long as those that they keep programs from.
const (
	noCache   = "/dev/null/cache"
	noPreload = "/dev/null/preload"
)

// linkerPlugin is GCC's, for link-time optimization.
const linkerPlugin = "liblto_plugin.so"

// An image is a program, a library or the loader that is being copied.
type image []byte

// overwrite puts one name in the place of another, wherever that is as a whole string or at its
// beginning. A file with a longer name in the place is no file that this knows.
func (b image) overwrite(name, by string) error {
	if len(by) > len(name) {
		return fmt.Errorf("there is no room for %s where it has %s", by, name)
	}
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("\x00"+name+"\x00"))
		if i < 0 {
			return nil
		}
		at += i + 1
		copy(b[at:at+len(name)], by+strings.Repeat("\x00", len(name)-len(by)))
	}
}

// has tells whether a segment lies in the file.
func (b image) has(s binfmt.Segment) bool {
	size := uint64(len(b))
	return s.Offset <= size && s.Size <= size-s.Offset
}

// loader is the program's loader (PT_INTERP); "" if it needs none.
func (b image) loader() (name string, at, size uint64, err error) {
	all, _, err := binfmt.Segments(bytes.NewReader(b))
	for _, s := range all {
		if s.Type == binfmt.PTInterp && b.has(s) {
			return b.stringAt(s.Offset), s.Offset, s.Size, nil
		}
	}
	return "", 0, 0, err
}

// useLoader makes the copied loader, in a folder, the program's.
func (b image) useLoader(folder string) (original string, err error) {
	by := folder + "/" + loaderName + "\x00"
	name, at, size, err := b.loader()
	switch {
	case err != nil || name == "":
		return name, err
	case size < uint64(len(by)):
		return "", errors.New("there is no room for the name of another loader in it")
	}
	copy(b[at:], by)
	return name, nil
}

// keepToFolder makes a loader look for libraries in the folder, and nowhere else. glibc's has two
// lists of directories, each of which has names with a / at their ends (elf/dl-load.c, system_dirs).
// It has counted their letters, so they stay as many.
func (b image) keepToFolder(folder string) error {
	found := 0
	for _, begin := range [...]string{"\x00/lib", "\x00/usr/lib"} {
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(begin))
			if i < 0 {
				break
			}
			at += i + 1
			end := at + bytes.IndexByte(b[at:], 0)
			if end > at && b[end-1] == '/' {
				copy(b[at:end], padded(folder, end-at))
				found++
			}
		}
	}
	if found < 2 {
		return errors.New("the loader's directories are not where glibc has them")
	}
	if err := b.overwrite("/etc/ld.so.cache", noCache); err != nil {
		return err
	}
	return b.overwrite("/etc/ld.so.preload", noPreload)
}

// padded is a directory with so many letters and a / at its end: with more slashes, or one above it
// that has no libraries.
func padded(dir string, size int) string {
	if len(dir) >= size {
		dir = "/dev"
	}
	return dir + strings.Repeat("/", size-len(dir))
}

// becomeNative makes a cross compiler look for the tree's files where the tree's own compiler does.
// The folder of GCC keeps its length, which is built in elsewhere (gcc/cppdefault.cc).
func (b image) becomeNative(file string) error {
	version := "" // of a compiler itself, with the triplet
	for _, dir := range gccDirs {
		name := []byte(dir + "-cross/")
		for at := bytes.Index(b, name); at >= 0; at = bytes.Index(b, name) {
			copy(b[at:], padded(dir, len(name)))
		}
		if rest, ok := strings.CutPrefix(file, dir+"-cross/"); ok {
			version = path.Dir(rest)
		}
	}
	if version == "" {
		return nil
	}
	return b.includeAsNative(padded(gccDirs[0], len(gccDirs[0]+"-cross/")), version)
}

// includeAsNative is for the programs that know where headers are. A cross compiler has a prefix
// of its own for those, TRIPLET, and no /usr/local.
func (b image) includeAsNative(dir, version string) error {
	triplet := path.Dir(version)
	headers := strings.NewReplacer("include/c++/"+path.Base(version)+"/"+triplet, "include/"+triplet+"/c++/"+path.Base(version))
	return b.rename(dir+version+"/../../../../"+triplet+"/", func(name string) string {
		if name == "include" {
			return "/usr/local/include"
		}
		return "/usr/" + headers.Replace(name)
	})
}

// rename overwrites all strings that begin so with what becomes of their ends, which has to be
// shorter.
func (b image) rename(prefix string, becomes func(end string) string) error {
	for at := bytes.Index(b, []byte(prefix)); at >= 0; at = bytes.Index(b, []byte(prefix)) {
		size := bytes.IndexByte(b[at:], 0)
		if size < 0 {
			return errors.New("a name in it has no end")
		}
		name := becomes(string(b[at+len(prefix) : at+size]))
		if len(name) > size {
			return fmt.Errorf("there is no room for %s in it", name)
		}
		copy(b[at:at+size], name+strings.Repeat("\x00", size-len(name)))
	}
	return nil
}

// pluginDir is where libbfd's plugins are, by the end of the name that it has for that.
const pluginDir = "/bfd-plugins"

// usePlugins makes libbfd look for plugins in the folder, and tells whether it does.
func (b image) usePlugins(folder string) (uses bool) {
	for {
		end := bytes.Index(b, []byte(pluginDir+"\x00")) + len(pluginDir)
		if end < len(pluginDir) {
			return uses
		}
		at := bytes.LastIndexByte(b[:end], 0) + 1
		copy(b[at:end], padded(folder+bfdPlugins, end-at))
		uses = true
	}
}

// dropRunPath keeps a program from looking for libraries where it says.
func (b image) dropRunPath() error {
	dirs, err := b.dynamic(dtRPath, dtRunPath)
	for _, dir := range dirs {
		err = errors.Join(err, b.overwrite(dir, ""))
	}
	return err
}
