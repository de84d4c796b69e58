package notes

import (
	"strings"
	"testing"
)

// A note is held back until the launch can begin, said once, and not said again by another try.
func TestNotes(t *testing.T) {
	var out strings.Builder
	n := &Notes{To: &out}
	n.Add("%d", 1)
	n.Detail("not verbose")
	n.Add("1")
	if out.String() != "" {
		t.Errorf("said before it was released: %q", out.String())
	}
	n.Hold()
	n.Verbose = true
	n.Detail("2")
	n.Add("3")
	n.Release()
	n.Add("3")
	n.Add("4")
	n.Hold()
	n.Add("3")
	n.Add("5")
	n.Release()
	if want := "xunshare: note: 2\nxunshare: note: 3\nxunshare: note: 4\nxunshare: note: 5\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	(*Notes)(nil).Add("to nobody")
}

// What a terminal obeys is shown, and all else is left alone.
func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		"/bin/sh\r":                 `/bin/sh\r`,
		"a\x1b[31m\a\n\t\x7f":       `a\x1b[31m\a\n\t\x7f`,
		"\xff\u202e\u009b":          `\xff\u202e\u009b`,
		`b\ "c" 'd'`:                `b\ "c" 'd'`,
		"Stra\u00dfe \u4e2d \ufffd": "Stra\u00dfe \u4e2d \ufffd",
		"":                          "",
	} {
		if got := Shown(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	var out strings.Builder
	n := &Notes{To: &out}
	n.Release()
	n.Add("%s", "\x1b")
	if want := "xunshare: note: \\x1b\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
