package native

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/inside"
)

// asked are libraries that programs ask for while they run: threads end with the first.
var asked = [...]string{"libgcc_s.so.1"}

// A shelf is where the host has its libraries, and its other files.
type shelf struct {
	root string
	dirs []string
	from *cache.Sources // all that is read
}

// shelfOf reads what ldconfig(8) reads. The loader's own directories come last.
func shelfOf(root string, from *cache.Sources) *shelf {
	s := &shelf{root: root, from: from}
	for _, file := range lists(root) {
		text, _ := s.read(file)
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); path.IsAbs(line) {
				s.dirs = append(s.dirs, line)
			}
		}
	}
	s.dirs = append(s.dirs, "/lib64", "/usr/lib64", "/lib", "/usr/lib")
	return s
}

// lists are the files that name directories of libraries.
func lists(root string) (files []string) {
	const dir = "/etc/ld.so.conf.d"
	for _, name := range inside.List(root, dir) {
		if strings.HasSuffix(name, ".conf") {
			files = append(files, path.Join("/", root, dir, name))
		}
	}
	slices.Sort(files)
	return files
}

// read reads a file of the host.
func (s *shelf) read(file string) (image, error) {
	s.from.Add(traces(s.root, file)...)
	b, err := inside.Text(s.root, within(s.root, file), mostOfHost)
	return b, cause(err)
}

// find is the file of a library for this machine; "" if there is none.
func (s *shelf) find(name string) string {
	for _, dir := range s.dirs {
		file := path.Join("/", s.root, dir, name)
		if check(s.root, file) == nil {
			return file
		}
	}
	return ""
}

// collect adds the files of all libraries that an image needs, and that those need, to a list. The
// loader is one that libc needs; it is not copied as it is.
func (s *shelf) collect(b image, files []string) ([]string, error) {
	names, err := b.dynamic(dtNeeded)
	for _, name := range names {
		if strings.HasPrefix(name, "ld-linux") || strings.HasPrefix(name, "ld64.so") {
			continue
		}
		file := s.find(name)
		if file == "" {
			return files, fmt.Errorf("needs %s, which is not found", name)
		}
		if slices.Contains(files, file) {
			continue
		}
		text, err := s.read(file)
		if err == nil {
			files, err = s.collect(text, append(files, file))
		}
		if err != nil {
			return files, err
		}
	}
	return files, err
}
