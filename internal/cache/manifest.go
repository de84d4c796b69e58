package cache

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	manifest = "manifest" // is written last
	made     = "made"     // what the maker makes
)

// describe writes a manifest: the key, a line for each source and for each file that was made, with
// what changes when the file does, and then the maker's text.
func describe(key, dir string, sources []string, text string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%q\n", key)
	for _, file := range sources {
		fmt.Fprintf(&b, "%s %s\n", signature(file, unix.Stat), file)
	}
	_ = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			fmt.Fprintf(&b, "%s %s\n", signature(file, unix.Lstat), strings.TrimPrefix(file, dir+"/"))
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
		was, file, found := strings.Cut(line, " ")
		if !found { // nothing at all
			continue
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
