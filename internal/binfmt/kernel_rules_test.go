package binfmt

import (
	"fmt"
	"syscall"
	"testing"
)

// refused reports whether the kernel refused the text. Errors from opening the emulator (flag F)
// come later.
func (r reply) refused() bool {
	return r.Errno == syscall.EINVAL || r.Errno == syscall.ENAMETOOLONG || r.Errno == syscall.EEXIST
}

// entry is the text that the kernel shows for a rule.
func entry(r *Rule) string {
	flags := ""
	for _, f := range "POCF" {
		if r.Has(byte(f)) || f == 'O' && r.Has('C') {
			flags += string(f)
		}
	}
	s := "enabled\ninterpreter " + r.Interpreter + "\nflags: " + flags + "\n"
	if r.Type == 'E' {
		return s + "extension ." + r.Extension + "\n"
	}
	s += fmt.Sprintf("offset %d\nmagic %x", r.Offset, r.Magic)
	if r.Mask != nil {
		s += fmt.Sprintf("\nmask %x", r.Mask)
	}
	return s + "\n"
}

func TestKernelAgrees(t *testing.T) {
	var rules []string
	for _, c := range ruleCases {
		rules = append(rules, c.rule)
	}
	for i, r := range askKernel(t, rules) {
		c := ruleCases[i]
		if c.rule == "" {
			continue // write(2) of nothing does nothing
		}
		parsed, err := Parse(c.rule)
		switch agree := r.refused() == (err != nil); {
		case c.kernel == either:
			t.Logf("%q: kernel %v, we %v (%s)", c.rule, r.Errno, err, c.why)
		case agree != (c.kernel == same):
			t.Errorf("%q: kernel %v, we %v (%s)", c.rule, r.Errno, err, c.why)
		case err == nil && r.Errno == 0:
			compareEntry(t, c.rule, parsed, r)
		}
	}
}

func compareEntry(t *testing.T, rule string, parsed *Rule, r reply) {
	t.Helper()
	if want := entry(parsed); string(r.Entry) != want {
		t.Errorf("%q: the kernel read\n%q\nwe read\n%q", rule, r.Entry, want)
	}
}

// The kernel takes every built-in rule, and what is written of a rule built from fields is what it
// reads.
func TestKernelTakesBuiltRules(t *testing.T) {
	var rules []*Rule
	var texts []string
	for i := range arches {
		rules = append(rules, arches[i].Rules("/bin/true", "OC")...)
	}
	rules = append(rules, &Rule{Name: "a:b|c", Type: 'M', Offset: 200, Magic: []byte(":,\\x41\n"), Interpreter: "/a;b"},
		&Rule{Name: "E", Type: 'E', Extension: "x:y", Interpreter: "e,", Flags: "P"})
	for _, r := range rules {
		texts = append(texts, r.String())
	}
	for i, r := range askKernel(t, texts) {
		if r.Errno != 0 {
			t.Errorf("%s: %v", texts[i], r.Errno)
			continue
		}
		compareEntry(t, texts[i], rules[i], r)
	}
}

// All rules of all architectures fit into one instance, and the kernel reads each as it was meant.
func TestAllRulesAtOnce(t *testing.T) {
	var rules []*Rule
	var texts []string
	for _, a := range Arches() {
		rules = append(rules, a.Rules("/bin/true", "POC")...)
	}
	if err := CheckSet(rules); err != nil {
		t.Error(err)
	}
	for _, r := range rules {
		texts = append(texts, r.String())
	}
	for i, r := range askKernelTo(t, texts, true) {
		if r.Errno != 0 {
			t.Errorf("%s: %v", texts[i], r.Errno)
			continue
		}
		compareEntry(t, texts[i], rules[i], r)
	}
}
