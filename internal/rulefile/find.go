package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

// System is a machine that is asked. The zero value is this one.
type System struct {
	Root string // comes before the path of every file
}

// Where rules are kept. Those of systemd come in the order of binfmt.d(5): a file takes the place
// of files of the same name further down. Debian's QEMU has its rules in a directory that nobody
// reads (since Debian 13), for others to link to.
var systemdDirs = [...]string{"/etc/binfmt.d", "/run/binfmt.d", "/usr/local/lib/binfmt.d", "/usr/lib/binfmt.d"}

const (
	qemuDir   = "/usr/share/qemu/binfmt.d"
	debianDir = "/usr/share/binfmts"
)

// Find returns the rule of that name or, if there is none, all rules of the file of that name, with
// or without .conf. It looks into the directories of systemd, then into Debian's, and stops where
// it has found something. What is masked, as binfmt.d(5) has it, is an error that names the file
// that masks it. For a name that is not there the error has the nearest ones that are.
func (s System) Find(name string) ([]*binfmt.Rule, error) {
	if name == "" || name == "." || name == ".." || strings.IndexByte(name, '/') >= 0 {
		return nil, remedy.Errorf("write a file of rules as @FILE, a rule as :name:type:offset:magic:mask:interpreter:flags",
			"%q is not the name of a rule", name)
	}
	for _, files := range [...][]file{s.files(systemdDirs[:]...), s.files(qemuDir)} {
		if rules, err := findIn(files, name); rules != nil || err != nil {
			return rules, err
		}
	}
	if rule, err := s.debian(name); rule != nil || err != nil {
		return one(rule), err
	}
	return nil, s.unknown(name)
}

// file is a file of rules that counts, since none of its name is in a directory of more weight.
type file struct {
	name  string // without the directory
	path  string
	below []string // paths of the files whose place it takes
}

// files returns the files of the directories, sorted by name as systemd-binfmt(8) reads them.
func (s System) files(dirs ...string) (files []file) {
	for _, dir := range dirs {
		for _, name := range listDir(s.Root + dir) {
			if !strings.HasSuffix(name, ".conf") {
				continue
			}
			path := s.Root + dir + "/" + name
			if i := slices.IndexFunc(files, func(f file) bool { return f.name == name }); i >= 0 {
				files[i].below = append(files[i].below, path)
				continue
			}
			files = append(files, file{name: name, path: path})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files
}

// findIn looks for a rule, then for a file, then for what hides either. It returns nothing at all
// if there is neither.
func findIn(files []file, name string) ([]*binfmt.Rule, error) {
	var rule *binfmt.Rule
	var failed error
	for _, f := range files {
		// systemd-binfmt lets a rule replace the one of the same name before it.
		if r, err := ruleIn(f.path, name); r != nil || err != nil {
			rule, failed = r, err
		}
	}
	if rule != nil || failed != nil {
		return one(rule), failed
	}
	for _, f := range files {
		if f.name == name || f.name == name+".conf" {
			return f.rules()
		}
	}
	return nil, maskedRule(files, name)
}

func one(r *binfmt.Rule) []*binfmt.Rule {
	if r == nil {
		return nil
	}
	return []*binfmt.Rule{r}
}

// ruleIn returns the last rule of that name in a file, or what is wrong with it. A file that cannot
// be read has none, and what else is wrong in a file does not matter.
func ruleIn(path, name string) (rule *binfmt.Rule, err error) {
	text, _ := read(path)
	if !strings.Contains(text, name) {
		return nil, nil // most files: the kernel reads them faster than we split them
	}
	for number, line := range lines(text) {
		if n, _ := nameOf(line); n != name {
			continue
		}
		if rule, err = binfmt.Parse(line); err != nil {
			err = fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	return rule, err
}

// rules returns all rules of f, which was asked for by its own name.
func (f file) rules() ([]*binfmt.Rule, error) {
	text, err := read(f.path)
	var typ notRegular
	switch {
	case errors.As(err, &typ) && typ == unix.S_IFCHR, err == nil && !hasRule(text):
		return nil, f.masks(strings.TrimSuffix(f.name, ".conf"))
	case err != nil:
		return nil, err
	}
	return parse(f.path, text)
}

// maskedRule is an error if a rule of that name is in a file that does not count.
func maskedRule(files []file, name string) error {
	for _, f := range files {
		for _, path := range f.below {
			if r, err := ruleIn(path, name); r != nil || err != nil {
				return f.masks(name)
			}
		}
	}
	return nil
}

// masks is the error for what f keeps from being found.
func (f file) masks(name string) error {
	if len(f.below) == 0 {
		return remedy.Errorf("to unmask it, remove that file", "%s is masked: %s is there to say so (binfmt.d(5))", name, f.path)
	}
	return remedy.Errorf("to use the masked file anyway, name it: @"+f.below[0],
		"%s is masked: %s takes the place of %s (binfmt.d(5))", name, f.path, strings.Join(f.below, " and "))
}
