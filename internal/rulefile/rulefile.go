// Package rulefile reads binfmt_misc rules from where systems keep them: files of binfmt.d(5) and
// of update-binfmts(8), by path or by name, and the binfmt_misc that is mounted.
//
// Not for judging rules: whether an emulator exists and fits is for package binfmt to say.
package rulefile

import (
	"fmt"
	"iter"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

// ReadFile returns the rules of a file as binfmt.d(5) describes it, in the order of the file, which
// is the order to register them in. A line that is no rule is an error, unlike for systemd-binfmt,
// which goes on without it; it begins with FILE:LINE. A file without a rule is an error too, and so
// is one that is no regular file or has more than 1 MiB.
func ReadFile(path string) ([]*binfmt.Rule, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text)
}

// parse reads the text of the file at path.
func parse(path, text string) (rules []*binfmt.Rule, err error) {
	for number, line := range lines(text) {
		r, err := binfmt.Parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return nil, remedy.Errorf("write one rule a line, :name:type:offset:magic:mask:interpreter:flags; "+
			"lines that begin with # or ; are comments", "%s: there is no rule in it", path)
	}
	return rules, nil
}

// blanks are what systemd strips from a line (WHITESPACE in its
// src/fundamental/string-util-fundamental.h).
const blanks = " \t\n\r"

// lines goes through the lines that are to be rules, with their numbers in the text, from 1 on.
func lines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(text) {
			number++
			line = strings.Trim(line, blanks)
			if line == "" || line[0] == '#' || line[0] == ';' {
				continue
			}
			if !yield(number, line) {
				return
			}
		}
	}
}

// hasRule tells whether a file of this text does more than keep another of its name from being
// read.
func hasRule(text string) bool {
	for range lines(text) {
		return true
	}
	return false
}

// nameOf returns the name of the rule that a line is or was meant to be.
func nameOf(line string) (name string, ok bool) {
	name, _, ok = strings.Cut(line[1:], line[:1])
	return name, ok && name != ""
}
