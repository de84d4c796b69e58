package native

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// describe returns the variables by which a native program learns what the tree's tells of its
// machine, and what that tells.
func (f *Finder) describe(file io.ReaderAt, p *program) (variables []string, err error) {
	switch {
	case p.name == clang:
		return f.describeClang()
	case len(p.machine) == 0:
		return nil, nil
	}
	name := systemOf(file)
	if name == "" {
		return nil, errors.New("what it tells of the machine is not found")
	}
	cpu, _, _ := strings.Cut(name, "-")
	for _, v := range p.machine {
		variables = append(variables, strings.NewReplacer("%S", name, "%C", cpu).Replace(v))
	}
	return variables, nil
}

// A file is read in windows. What lies in a window and what is read beyond it is found there.
const (
	window = 4 << 20
	beyond = 256
)

// systemOf is the name that a file of the tree has built in, however large that is; "" if it has
// none.
func systemOf(file io.ReaderAt) string {
	b := make([]byte, window+beyond)
	for at := int64(0); at < mostOfHost; at += window {
		n, err := file.ReadAt(b, at)
		if name := systemIn(b[:n]); name != "" {
			return name
		}
		if err != nil {
			return ""
		}
	}
	return ""
}

// systemIn is the name that a program has built in; "" if it has none.
func systemIn(b []byte) string {
	mark := []byte("-linux-gnu")
	for at := 0; ; {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			return ""
		}
		at += i + len(mark)
		begin := bytes.LastIndexByte(b[:at], 0) + 1
		end := bytes.IndexByte(b[at:], 0)
		if end >= 0 && isSystem(string(b[begin:at+end])) {
			return string(b[begin : at+end])
		}
	}
}

// isSystem tells whether a string is GNU's name of a machine, as programs have it built in that tell
// it: aarch64-unknown-linux-gnu.
func isSystem(s string) bool {
	return strings.Count(s, "-") == 3 && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
