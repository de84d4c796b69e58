package native

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
)

// system is GNU's name of a machine, as programs have it built in that tell it.
var system = regexp.MustCompile(`^[a-z0-9_]+-[a-z0-9]+-linux-gnu[a-z0-9]*$`)

// describe returns the variables by which a native program learns what the tree's tells of its
// machine, and what that tells.
func (f *Finder) describe(file io.ReaderAt, p *program) (variables []string, err error) {
	if len(p.machine) == 0 {
		return nil, nil
	}
	b, err := io.ReadAll(io.NewSectionReader(file, 0, 8<<20))
	if err != nil {
		return nil, err
	}
	name := systemIn(b)
	if name == "" {
		return nil, errors.New("what it tells of the machine is not found")
	}
	cpu, _, _ := strings.Cut(name, "-")
	for _, v := range p.machine {
		variables = append(variables, strings.NewReplacer("%S", name, "%C", cpu).Replace(v))
	}
	return variables, nil
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
		if end >= 0 && system.Match(b[begin:at+end]) {
			return string(b[begin : at+end])
		}
	}
}
