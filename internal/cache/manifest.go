package cache

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	manifest = "manifest" // is written last
	made     = "made"     // what the maker makes
)

// Sources are the files that an entry is made from, and what they were like before.
type Sources struct{ all []source }

type source struct{ file, was string }

// Add takes files that will be read, or that are missed.
func (s *Sources) Add(files ...string) {
	for _, file := range files {
		if !slices.ContainsFunc(s.all, func(known source) bool { return known.file == file }) {
			s.all = append(s.all, source{file, signature(file, unix.Stat)})
		}
	}
}

// same returns an error if one is not what it was any more.
func (s *Sources) same() error {
	for _, known := range s.all {
		if signature(known.file, unix.Stat) != known.was {
			return &fs.PathError{Op: "read", Path: known.file, Err: errChanged}
		}
	}
	return nil
}

// describe writes a manifest: the key, a line for each source and for each file that was made, with
// what changes when the file does, and then the maker's text. Names are quoted: a tree may have one
// of several lines.
func describe(key, dir string, from *Sources, text string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%q\n", key)
	for _, known := range from.all {
		fmt.Fprintf(&b, "%s %q\n", known.was, known.file)
	}
	_ = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			fmt.Fprintf(&b, "%s %q\n", signature(file, unix.Lstat), strings.TrimPrefix(file, dir+"/"))
		}
		return err
	})
	return []byte(b.String() + "\n" + text)
}

// check compares an entry with its manifest. It is good if all is as that says.
func check(dir, key string) (text string, good bool) {
	all, err := os.ReadFile(path.Join(dir, manifest))
	if err != nil {
		return "", false
	}
	lines, text, complete := strings.Cut(string(all), "\n\n")
	was, lines, _ := strings.Cut(lines, "\n")
	if was != strconv.Quote(key) {
		return "", false
	}
	for line := range strings.SplitSeq(lines, "\n") {
		was, quoted, found := strings.Cut(line, " ")
		if !found { // nothing at all
			continue
		}
		file, err := strconv.Unquote(quoted)
		if err != nil {
			return "", false
		}
		look := unix.Stat
		if !path.IsAbs(file) {
			file, look = path.Join(dir, made, file), unix.Lstat
		}
		if signature(file, look) != was {
			return "", false
		}
	}
	return text, complete
}

// signature is what changes with a file; "" if it is not there.
func signature(file string, look func(string, *unix.Stat_t) error) string {
	var st unix.Stat_t
	if look(file, &st) != nil {
		return ""
	}
	var b []byte
	for _, n := range [...]int64{int64(st.Ino), st.Size, st.Mtim.Nano(), st.Ctim.Nano(), int64(st.Uid), int64(st.Mode)} {
		b = append(strconv.AppendInt(b, n, 36), '.')
	}
	return string(b)
}
