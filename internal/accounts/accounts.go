// Package accounts reads the colon-separated account files: passwd(5), group(5), subuid(5). Users
// that only the C library's name services know (nsswitch.conf(5)) are asked of getent(1).
//
// Not for: changing accounts.
package accounts

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/environ"
)

// The fields of a line of /etc/passwd (passwd(5)); those of /etc/group begin the same way.
const (
	Name = iota
	_
	ID
	_
	Comment
	Home
	Shell
)

// Find returns the fields of the first line of r that match accepts, padded to the longest kind of
// line, or nil if there is none. Lines that begin with # and lines too long for any account are
// passed over.
func Find(r io.Reader, match func(fields []string) bool) []string {
	for scanner := bufio.NewScanner(r); scanner.Scan(); {
		line := scanner.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, ":")
		for len(fields) <= Shell {
			fields = append(fields, "")
		}
		if match(fields) {
			return fields
		}
	}
	return nil
}

// FindIn is Find in the file at path; nil if it cannot be read.
func FindIn(path string, match func(fields []string) bool) []string {
	f, err := open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	return Find(f, match)
}

// ByID accepts the line of a user or group with this number.
func ByID(id string) func(fields []string) bool {
	return func(fields []string) bool { return fields[ID] == id }
}

// ByName accepts the line of this name.
func ByName(name string) func(fields []string) bool {
	return func(fields []string) bool { return fields[Name] == name }
}

// Lookup is FindIn in a database of the host, "passwd" or "group", and in what getent(1) says of
// key if the file, the one beneath root, has no such line.
func Lookup(root, database, key string, match func(fields []string) bool) []string {
	if entry := FindIn(root+"/etc/"+database, match); entry != nil {
		return entry
	}
	args := []string{database, key}
	if strings.HasPrefix(key, "-") { // not always, for not every getent(1) knows it
		args = append([]string{"--"}, args...)
	}
	out, _ := environ.Command("getent", args...).Output()
	return Find(bytes.NewReader(out), match)
}

// Read is os.ReadFile without the poller of the Go runtime, which a launch need not start.
func Read(path string) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func open(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}
