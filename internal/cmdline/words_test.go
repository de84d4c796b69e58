package cmdline

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// helpArguments are the names of the arguments in the help, for each option: FILE, [ARCH=]PATH.
func helpArguments() map[string]string {
	found := map[string]string{}
	for _, part := range matches(definitions, Usage) {
		for _, m := range regexp.MustCompile(`--([a-z][-a-z]*)(\[?)=(\S+)`).FindAllStringSubmatch(part, -1) {
			argument := strings.TrimSuffix(m[3], ",")
			if m[2] != "" {
				argument = strings.TrimSuffix(argument, "]")
			}
			found[m[1]] = argument
		}
	}
	return found
}

// manualItem is the option in the manual: the name of its argument, in capital letters, and its
// text. A word that is typed as it is, which mdoc calls Cm, stays in small letters.
func manualItem(page, name string) (argument, text string) {
	at := regexp.MustCompile(`(?m)^\.It (?:Fl .*)?Fl -` + name + ` Ns (?:Op )?=`).FindStringIndex("\n" + page)
	if at == nil {
		return "", ""
	}
	line, text, _ := strings.Cut(page[at[1]-1:], "\n")
	line, _, _ = strings.Cut(line, " , Fl ")
	text, _, _ = strings.Cut(text, "\n.It Fl ")
	if words, found := strings.CutPrefix(line, " Ns Cm "); found {
		return words, text
	}
	closing := ""
	for _, token := range strings.Fields(line) {
		switch token {
		case "Ns", "Ar":
		case "Oo":
			argument += "["
		case "Oc":
			argument += "]"
		case "Op": // to the end of the line
			argument, closing = argument+"[", "]"
		default:
			argument += strings.ToUpper(token)
		}
	}
	return argument + closing, text
}

// The help and the manual page give the argument of an option the same name. In place of WORD the
// manual may list the words.
func TestArgumentNames(t *testing.T) {
	page, err := os.ReadFile(manualPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range offers {
		if d.option().takes == none {
			continue
		}
		help := helpArguments()[d.name]
		manual, _ := manualItem(string(page), d.name)
		if help == "WORD" && strings.Contains(manual, " | ") {
			if want := strings.ReplaceAll(d.words, " ", " | "); manual != want {
				t.Errorf("the manual has --%s=%s, the completions have %s", d.name, manual, want)
			}
		} else if help == "" || help != manual {
			t.Errorf("the argument of --%s is %q in the help, %q in the manual", d.name, help, manual)
		}
	}
}

// The words that the completions offer are those that the option takes. An error lists them, or the
// help and the manual name each one.
func TestWords(t *testing.T) {
	page, err := os.ReadFile(manualPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range offers {
		for _, word := range strings.Fields(d.words) {
			if err := d.option().apply(&Options{}, word); err != nil {
				t.Errorf("the completions offer --%s=%s: %v", d.name, word, err)
			}
		}
		if d.words != "" {
			checkWords(t, &d, string(page))
		}
	}
}

func checkWords(t *testing.T, d *offer, page string) {
	nonsense := "nonsense"
	if d.words[0] == '@' {
		nonsense = "@nonsense"
	}
	err := d.option().apply(&Options{}, nonsense)
	if err == nil {
		t.Errorf("--%s=nonsense is accepted", d.name)
		return
	}
	words := strings.Fields(d.words)
	if listed := matches(`is (?:neither|none of) (.*)`, err.Error()); listed != nil {
		said := strings.Split(strings.ReplaceAll(listed[0], " nor ", ", "), ", ")
		if len(missing(words, said))+len(missing(said, words)) > 0 {
			t.Errorf("%v; the completions offer %q", err, d.words)
		}
	}
	_, help, _ := strings.Cut(Usage, "  --"+d.name)
	help, _, _ = strings.Cut(help, "  -")
	_, manual := manualItem(page, d.name)
	for _, word := range words {
		whole := regexp.MustCompile(`(^|\W)` + word + `\b`)
		if !whole.MatchString(err.Error()) && !(whole.MatchString(help) && slices.Contains(strings.Fields(manual), word)) {
			t.Errorf("--%s takes %q: neither its error nor its help and its manual tell", d.name, word)
		}
	}
}
