package cmdline

import (
	"strings"

	"github.com/xunshare/xunshare/internal/remedy"
)

// normalize does what getopt_long(3) does with a leading "+": it writes every option in front of
// the first other word as --name=value, so that clusters (-rpf), glued arguments (-R/dir), separate
// arguments (--root /dir) and unambiguous abbreviations (--map-r) are behind us. The program and
// its arguments are left alone.
//
// What it understood before an error is returned with the error: an option that stands further left
// is heard first.
func normalize(args []string) (options, program []string, err error) {
	for len(args) > 0 && isOption(args[0]) {
		var found []string
		found, args, err = word(args)
		options = append(options, found...)
		if err != nil {
			return options, nil, err
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return options, args, nil
}

func isOption(word string) bool {
	return strings.HasPrefix(word, "-") && word != "-" && word != "--"
}

// word reads the options of the first word; rest is what follows it, and an argument that is a word
// of its own.
func word(args []string) (options, rest []string, err error) {
	if name, found := strings.CutPrefix(args[0], "--"); found {
		return long(name, args[1:])
	}
	return cluster(args[0][1:], args[1:])
}

// long reads one --option; rest is what follows it.
func long(word string, rest []string) (options, after []string, err error) {
	name, value, given := strings.Cut(word, "=")
	f, err := byName(name)
	if err == nil && given {
		err = f.refusal(value)
	}
	switch {
	case err != nil:
		return nil, rest, err
	case given:
		return []string{f.canonical(value)}, rest, nil
	case f.takes == required && len(rest) == 0:
		return nil, rest, misuse("--" + f.name + " needs an argument")
	case f.takes == required:
		return []string{f.canonical(rest[0])}, rest[1:], nil
	}
	return []string{f.canonical(f.preset)}, rest, nil
}

// refusal is the error for --NAME=VALUE where the option takes none, or where it may be left out
// but not be empty: that would mean the option without it.
func (f *option) refusal(value string) error {
	switch {
	case f.takes == none:
		return misuse("--" + f.name + " takes no argument")
	case value != "" || f.takes == required || f.preset != "":
		return nil
	case f.persists:
		return misuse("--" + f.name + "= needs a file")
	}
	return remedy.Errorf("without an argument, write --"+f.name, "--%s: %w", f.name, notEmpty(""))
}

// cluster reads the letters behind one dash; rest is what follows them.
func cluster(letters string, rest []string) (options, after []string, err error) {
	for i := 0; i < len(letters); i++ {
		f := byLetter(letters[i])
		switch {
		case f == nil && letters[i] == '=' && i > 0:
			return options, rest, glued(byLetter(letters[i-1]), letters[i:])
		case f == nil:
			return options, rest, misuse("there is no option -" + letters[i:i+1])
		case f.takes != required:
			options = append(options, f.canonical(f.preset))
			continue
		case i+1 < len(letters):
			return append(options, f.canonical(letters[i+1:])), rest, nil
		case len(rest) == 0:
			return options, rest, misuse("-" + letters[i:] + " needs an argument")
		}
		return append(options, f.canonical(rest[0])), rest[1:], nil
	}
	return options, rest, nil
}

// glued is the error for a letter and =VALUE.
func glued(f *option, value string) error {
	if f.takes == none {
		return misuse("--" + f.name + " takes no argument")
	}
	return misuse("a short option takes no '=': write --" + f.name + value)
}

func (f *option) canonical(value string) string { return "--" + f.name + "=" + value }

func byLetter(letter byte) *option {
	for i := range table {
		if table[i].short == letter {
			return &table[i]
		}
	}
	return nil
}

// byName finds the option that name is, or is the beginning of. An abbreviation that unshare(1)
// understands means the same here, however many options of our own begin with it; all are named
// where it does not.
func byName(name string) (*option, error) {
	var theirs, ours []*option
	for i := range table {
		f := &table[i]
		switch {
		case f.name == name:
			return f, nil
		case !strings.HasPrefix(f.name, name):
		case f.ours:
			ours = append(ours, f)
		default:
			theirs = append(theirs, f)
		}
	}
	candidates := theirs
	if len(theirs) == 0 {
		candidates = ours
	}
	switch len(candidates) {
	case 0:
		return nil, misuse("there is no option --" + name)
	case 1:
		return candidates[0], nil
	}
	return nil, misuse("--" + name + " may be " + alternatives(append(theirs, ours...)))
}

func alternatives(candidates []*option) string {
	names := make([]string, len(candidates))
	for i, f := range candidates {
		names[i] = "--" + f.name
	}
	return strings.Join(names, " or ")
}

func misuse(sentence string) error {
	return remedy.New(sentence, "xunshare --help lists the options")
}
