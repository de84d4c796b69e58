package cmdline

import (
	"os"
	osexec "os/exec" // explain.go has an exec of its own
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// The documents that name options, and how each one is read.
var documents = []struct {
	file string
	read func(t *testing.T, text string) (defined, mentioned []string)
}{
	{usageFile, readHelp},
	{manualPage, readManual},
}

const (
	usageFile  = "usage.go"
	manualPage = "../../docs/xunshare.1"
)

// The table, the help and the manual page know the same options, and agree on which of them take an
// argument. An option is written as getopt_long(3) knows it: "-r", "--fork", "--root=" if it needs
// an argument, "--mount[=]" if it may have one.
func TestDocumentsAgree(t *testing.T) {
	want := tabled()
	for _, d := range documents {
		t.Run(filepath.Base(d.file), func(t *testing.T) {
			text, err := os.ReadFile(d.file)
			if err != nil {
				t.Fatal(err)
			}
			defined, mentioned := d.read(t, string(text))
			for _, option := range missing(want, defined) {
				t.Errorf("%s is not in it", option)
			}
			for _, option := range missing(defined, want) {
				t.Errorf("%s is in it, but not in the table", option)
			}
			for _, option := range missing(mentioned, bare(want)) {
				t.Errorf("it mentions %s, which is not in the table", option)
			}
			slices.Sort(defined)
			if twice := len(defined) - len(slices.Compact(defined)); twice > 0 {
				t.Errorf("%d options are in it twice", twice)
			}
		})
	}
}

// tabled is the table in the form of TestDocumentsAgree.
func tabled() []string {
	var list []string
	for _, f := range table {
		list = append(list, "--"+f.mark())
		if f.short != 0 {
			list = append(list, "-"+string(rune(f.short)))
		}
	}
	return list
}

// mark is the name with "=" if it needs an argument, "[=]" if it may have one.
func (f *option) mark() string {
	return f.name + [...]string{none: "", required: "=", optional: "[=]"}[f.takes]
}

// missing lists those of list that others lacks.
func missing(list, others []string) (lacks []string) {
	for _, s := range list {
		if !slices.Contains(others, s) && !slices.Contains(lacks, s) {
			lacks = append(lacks, s)
		}
	}
	return lacks
}

// bare is the list without the marks of arguments.
func bare(list []string) (names []string) {
	for _, s := range list {
		names = append(names, strings.TrimRight(s, "[=]"))
	}
	return names
}

// matches returns the first group of each match.
func matches(expression, text string) (found []string) {
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

const (
	longs   = `(?:^|[^-\w])(--[a-z][-a-z]*)`
	letters = `(?:^|[^-\w])(-[A-Za-z])\b`
)

// definitions are at the beginning of a line of the help, up to two spaces.
const definitions = `(?m)^ {2,6}(-.*?)(?:  |$)`

// readHelp reads the definitions; all else are mentions.
func readHelp(_ *testing.T, text string) (defined, mentioned []string) {
	text = within(text, "`", "`")
	for _, part := range matches(definitions, text) {
		for _, m := range regexp.MustCompile(`(--?[A-Za-z][-a-z]*)(\[?=?)`).FindAllStringSubmatch(part, -1) {
			defined = append(defined, m[1]+map[string]string{"": "", "=": "=", "[=": "[=]"}[m[2]])
		}
	}
	return defined, append(matches(longs, text), matches(letters, text)...)
}

// readManual takes list items that begin with a flag for definitions. Mentions are flags anywhere,
// and long options in examples.
func readManual(_ *testing.T, text string) (defined, mentioned []string) {
	for _, item := range matches(`(?m)^\.It (Fl .*)$`, text) {
		for _, m := range regexp.MustCompile(`Fl (-?[A-Za-z][-a-z]*)(?: Ns( Op)? =)?`).FindAllStringSubmatch(item, -1) {
			option, takes := "-"+m[1], ""
			switch {
			case m[2] != "":
				takes = "[=]"
			case strings.HasSuffix(m[0], "="):
				takes = "="
			}
			if len(option) == 2 {
				takes = ""
			}
			defined = append(defined, option+takes)
		}
	}
	for _, flag := range matches(`\bFl (-[a-z][-a-z]*|[A-Za-z]\b)`, text) {
		mentioned = append(mentioned, "-"+flag)
	}
	return defined, append(mentioned, matches(longs, text)...)
}

// within returns the text between two marks, "" where they are not.
func within(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, ok := strings.Cut(text, to)
	if !ok {
		return ""
	}
	return text
}

// The help fits a terminal.
func TestHelpFits(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(Usage, "\n"), "\n")
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	if len(lines) > 105 {
		t.Errorf("%d lines", len(lines))
	}
}

// The manual page is well-formed, and its lines fit as well.
func TestManualPage(t *testing.T) {
	if _, err := osexec.LookPath("mandoc"); err != nil {
		asuser.Skip(t, "mandoc is not installed: scripts/install-deps test")
	}
	said, err := osexec.Command("mandoc", "-Tlint", "-Wwarning", manualPage).CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("mandoc: %v\n%s", err, said)
	}
	page, err := osexec.Command("mandoc", "-Tascii", "-Owidth=78", manualPage).Output()
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(".\b").ReplaceAllString(string(page), "")
	for _, line := range strings.Split(plain, "\n") {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
