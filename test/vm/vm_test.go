package vm

import (
	"slices"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

func TestVM(t *testing.T) {
	if reason := lacking(); reason != "" {
		asuser.Skip(t, reason)
	}
	names := booted()
	machines := make([]*machine, len(names))
	t.Run("kernels", func(t *testing.T) {
		for i, kernel := range names {
			t.Run(kernel, func(t *testing.T) {
				t.Parallel()
				m := boot(t, kernel)
				machines[i] = m
				t.Log("Linux", m.release)
				for _, c := range cases {
					t.Run(c.name, func(t *testing.T) { m.judge(t, c) })
				}
			})
		}
	})
	if len(machines) == len(kernels) && !slices.Contains(machines, nil) {
		compareTable(t, machines)
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

// prints is for a case that succeeds and prints this.
func prints(output string) check {
	return func(t *testing.T, _ *machine, got result) {
		if got.exit != 0 || got.output != output {
			t.Errorf("exit %d, printed %q, want 0 and %q", got.exit, got.output, output)
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
			word = strings.ReplaceAll(word, "RELEASE", m.release)
			if !strings.Contains(hints, word) {
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
	return func(t *testing.T, _ *machine, got result) {
		if got.exit != status {
			t.Errorf("exit %d, want %d; printed %q", got.exit, status, got.output)
		}
		for _, word := range words {
			if !strings.Contains(got.output, word) {
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
