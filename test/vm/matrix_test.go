package vm

import (
	"os"
	"strings"
	"testing"
)

// rows are those of the table in the README: what works is what these cases have shown.
var rows = []struct {
	what    string
	foreign bool // with rules, or by tracing
	cases   []string
}{
	{"be root, enter a root: `-r`, `--root`", false, []string{"map-root-user", "root-is-tree", "root-with-proc"}},
	{"enter a tree for this machine: `--into`", false, []string{"into", "into-nested"}},
	{"enter an arm64 tree: `--into`, `--root --arch`", true, []string{"into-foreign", "into-foreign-script", "arch"}},
	{"run arm64 programs on the host's tree: `--arch`", true, []string{"arch-no-root", "own-rule-no-root"}},
	{"... without user namespaces, or forbidden by AppArmor", true, []string{"users-forbidden-traced", "apparmor-traced"}},
	{"a new time namespace: `--time`", false, []string{"time"}},
}

const (
	readme     = project + "/README.md"
	tableBegin = "<!-- kernels: go test ./test/vm prints this table if it is not true -->\n"
	tableEnd   = "<!-- end -->\n"
)

// compareTable compares the table in the README with what the machines did.
func compareTable(t *testing.T, machines []*machine) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(text), tableBegin)
	was, _, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatal("there is no table of kernels in the README")
	}
	if is := table(machines); was != is {
		t.Errorf("the README has\n%sand the kernels do\n%s", was, is)
	}
}

func table(machines []*machine) string {
	head, line := "| Linux", "|---"
	for _, m := range machines {
		head += " | " + m.version()
		line += "|---"
	}
	text := head + " |\n" + line + "|\n"
	for _, row := range rows {
		text += "| " + row.what
		for _, m := range machines {
			text += " | " + m.does(row.cases, row.foreign)
		}
		text += " |\n"
	}
	return text
}

// version is the first two numbers of the release; of the newest kernel, which changes from week to
// week, it is not named.
func (m *machine) version() string {
	if m.suite == m.suites[len(m.suites)-1] {
		return "newest"
	}
	numbers := strings.SplitN(m.release, ".", 3)
	return strings.Join(numbers[:min(2, len(numbers))], ".")
}

func (m *machine) does(cases []string, foreign bool) string {
	for _, name := range cases {
		if r, there := m.results[name]; !there || r.exit != 0 {
			return "no"
		}
	}
	byItself := strings.HasSuffix(cases[0], "-traced")
	if foreign && (byItself || !m.ownRules()) {
		return "by tracing"
	}
	return "yes"
}
