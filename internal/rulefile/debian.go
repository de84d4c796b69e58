package rulefile

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

// debian returns the rule that a package brings for update-binfmts(8) under that name, nil if there
// is none.
func (s System) debian(name string) (*binfmt.Rule, error) {
	path := s.Root + debianDir + "/" + name
	text, err := read(path)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENAMETOOLONG):
		return nil, nil
	case err != nil:
		return nil, err
	}
	r, err := parseDebian(name, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// format is a binary format as update-binfmts(8) has it ("FORMAT FILES"): the values of the lines
// of a file.
type format struct {
	interpreter, magic, extension, offset, mask, credentials, preserve, fixBinary, detector string
}

// parseDebian reads the text of a file: in each line a key, spaces, and a value.
func parseDebian(name, text string) (*binfmt.Rule, error) {
	var f format
	for line := range strings.Lines(text) {
		line = strings.Trim(line, blanks)
		if i := strings.IndexAny(line, blanks); i >= 0 {
			f.set(strings.ToLower(line[:i]), strings.TrimLeft(line[i:], blanks))
		}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	rule, err := binfmt.Parse(f.rule(name))
	if err == nil && f.detector != "" {
		return nil, remedy.Errorf(fmt.Sprintf("if all files that match are meant for %s, give the rule itself: '%s'", f.interpreter, rule),
			"rule %q: its detector %s has to check each file that matches, and the kernel cannot run a detector", name, f.detector)
	}
	return rule, err
}

// set passes over keys that say nothing about the rule, such as package.
func (f *format) set(key, value string) {
	for _, field := range [...]struct {
		key   string
		value *string
	}{
		{"interpreter", &f.interpreter}, {"magic", &f.magic}, {"extension", &f.extension}, {"offset", &f.offset}, {"mask", &f.mask},
		{"credentials", &f.credentials}, {"preserve", &f.preserve}, {"fix_binary", &f.fixBinary}, {"detector", &f.detector},
	} {
		if field.key == key {
			*field.value = value
		}
	}
}

// check refuses what update-binfmts refuses and the kernel would not.
func (f *format) check() error {
	switch {
	case f.magic == "" && f.extension == "":
		return errors.New("it has neither a magic nor an extension")
	case f.magic != "" && f.extension != "":
		return errors.New("it has both a magic and an extension")
	case f.extension != "" && (f.mask != "" || f.offset != ""):
		return errors.New("it has an extension with a mask or an offset, which need a magic")
	}
	return nil
}

// rule writes the rule as update-binfmts does, which leaves it to the kernel to make sense of the
// values. It always writes ':', however, and so breaks values that have one.
func (f *format) rule(name string) string {
	typ, pattern := "M", f.magic
	if f.extension != "" {
		typ, pattern = "E", f.extension
	}
	flags := ""
	for _, flag := range [...]struct{ letter, value string }{{"C", f.credentials}, {"P", f.preserve}, {"F", f.fixBinary}} {
		if flag.value == "yes" {
			flags += flag.letter
		}
	}
	fields := []string{name, typ, f.offset, pattern, f.mask, f.interpreter, flags}
	del := ":"
	for _, c := range ":,;|!#%&*=@^~" {
		if del = string(c); !strings.Contains(strings.Join(fields, ""), del) {
			break
		}
	}
	return del + strings.Join(fields, del)
}
