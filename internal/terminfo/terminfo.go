// Package terminfo finds compiled descriptions of terminals (term(5)) and reads as much of them as
// it takes to hand one to an older system.
//
// Not for: what the capabilities mean.
package terminfo

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// System is where systems keep descriptions, the likeliest first.
var System = [...]string{"/usr/share/terminfo", "/lib/terminfo", "/etc/terminfo", "/usr/lib/terminfo"}

// IsName tells whether a terminal's name can be that of a file.
func IsName(name string) bool {
	return name != "" && name[0] != '.' && len(name) < 128 && !strings.ContainsAny(name, "/\x00")
}

// Files are the names of a description in a directory: by the first letter or, where file names
// know no case, by its code.
func Files(dir, name string) [2]string {
	return [2]string{path.Join(dir, name[:1], name), path.Join(dir, fmt.Sprintf("%02x", name[0]), name)}
}

// Find reads the description of a terminal that programs of the caller would take: ncurses(3X),
// "Fetching Compiled Descriptions". getenv is for its variables. Nil if there is none.
func Find(name string, getenv func(string) string) []byte {
	dirs := []string{getenv("TERMINFO")}
	if home := getenv("HOME"); home != "" {
		dirs = append(dirs, home+"/.terminfo")
	}
	dirs = append(append(dirs, strings.Split(getenv("TERMINFO_DIRS"), ":")...), System[:]...)
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		for _, file := range Files(dir, name) {
			if data := read(file); data != nil {
				return data
			}
		}
	}
	return nil
}

// maxSize is how large a description can be (MAX_ENTRY_SIZE of ncurses).
const maxSize = 32768

// read reads a file that is a description; nil if it is none.
func read(file string) []byte {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), file)
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxSize {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil || len(data) < headerSize || !isMagic(binary.LittleEndian.Uint16(data)) {
		return nil
	}
	return data
}
