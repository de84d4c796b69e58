package vm

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/test/asuser"
)

// patience is how long the cases may take. They need half a minute on amd64, two on arm64.
const patience = 15 * time.Minute

func TestVM(t *testing.T) {
	if reason := lacking(); reason != "" {
		asuser.Skip(t, reason)
	}
	all := boots()
	machines := make([]*machine, len(all))
	t.Run("kernels", func(t *testing.T) {
		for i, b := range all {
			t.Run(b.name(), func(t *testing.T) {
				t.Parallel()
				m := b.start(t, run{"cases", b.file(os.Getenv(asuser.Dir), "initramfs"), "512", patience})
				machines[i] = m
				t.Log("Linux", m.release)
				for _, c := range cases {
					t.Run(c.name, func(t *testing.T) { m.judge(t, c) })
				}
			})
		}
	})
	if first := machines[:min(len(machines), len(hosts[0].suites))]; len(machines) > 1 && !slices.Contains(first, nil) {
		compareTable(t, first)
	}
}

// judge compares what a case did with what it should have done.
func (m *machine) judge(t *testing.T, c testCase) {
	got, ok := m.results[c.name]
	if !ok {
		t.Fatalf("the machine did not come to it:\n%s", m.console)
	}
	c.check(t, m, got)
	if got.left != "" {
		t.Errorf("this was left behind (+) or is gone (-):\n%s", got.left)
	}
}

// A check compares the result of a case with what it should be.
type check func(t *testing.T, m *machine, got result)

// fill puts into what is expected the kernel's release for RELEASE, and for FOREIGN what foreign
// programs print as their machine.
func (m *machine) fill(text string) string {
	return strings.NewReplacer("RELEASE", m.release, "FOREIGN", m.foreign()).Replace(text)
}

// prints is for a case that succeeds and prints this.
func prints(output string) check {
	return func(t *testing.T, m *machine, got result) {
		if want := m.fill(output); got.exit != 0 || got.output != want {
			t.Errorf("exit %d, printed %q, want 0 and %q", got.exit, got.output, want)
		}
	}
}

// refuses is for a case in which xunshare fails, in one sentence, with hints that have these words
// in them. RELEASE stands for the kernel's.
func refuses(words ...string) check {
	return func(t *testing.T, m *machine, got result) {
		sentence, hints, _ := strings.Cut(got.output, "\n")
		if got.exit != 1 || !isSentence(sentence) || !areHints(hints) {
			t.Errorf("exit %d, want 1; printed %q, want a sentence and hints", got.exit, got.output)
		}
		for _, word := range words {
			if word = m.fill(word); !strings.Contains(hints, word) {
				t.Errorf("no hint says %q: %q", word, got.output)
			}
		}
	}
}

// diagnoses is for a --doctor that says all this, and that the main job does not work.
func diagnoses(words ...string) check {
	return says(1, append(words, "an ordinary user cannot enter a foreign tree here")...)
}

// finds is for a --doctor that says all this, and that the main job works.
func finds(words ...string) check { return says(0, words...) }

// says is for a case that ends like that, and says all this.
func says(status int, words ...string) check {
	return func(t *testing.T, m *machine, got result) {
		if got.exit != status {
			t.Errorf("exit %d, want %d; printed %q", got.exit, status, got.output)
		}
		for _, word := range words {
			if word = m.fill(word); !strings.Contains(got.output, word) {
				t.Errorf("it does not say %q: %s", word, got.output)
			}
		}
	}
}

const (
	anyPrefix  = "xunshare: "
	hintPrefix = "xunshare: hint: "
)

func isSentence(line string) bool {
	return strings.HasPrefix(line, anyPrefix) && !strings.HasPrefix(line, hintPrefix)
}

func areHints(lines string) bool {
	for line := range strings.Lines(lines) {
		if !strings.HasPrefix(line, hintPrefix) {
			return false
		}
	}
	return lines != ""
}

// ownRules is for a case that depends on whether a user namespace can have rules of its own (Linux
// 6.7, commit 21ca59b365c0).
func ownRules(with, without check) check {
	return func(t *testing.T, m *machine, got result) {
		if m.ownRules() {
			with(t, m, got)
		} else {
			without(t, m, got)
		}
	}
}
