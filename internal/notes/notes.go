// Package notes tells the user what is not an error. All that they are told in this way goes
// through it. It also makes what is written to a terminal harmless.
//
// Not for: errors and their hints, which package remedy has.
package notes

import (
	"fmt"
	"io"
	"slices"
)

// Notes are sentences for the user. Each is said once, however often a launch is tried. They are
// held back until Release: a launch that cannot begin has no use for them. A nil Notes takes all
// and says nothing.
type Notes struct {
	To       io.Writer
	Verbose  bool // details are said too
	said     []string
	held     []string
	released bool
}

// Add adds what the user would wonder about.
func (n *Notes) Add(format string, args ...any) {
	sentence := fmt.Sprintf(format, args...)
	switch {
	case n == nil || slices.Contains(n.said, sentence):
		return
	case !n.released && !slices.Contains(n.held, sentence):
		n.held = append(n.held, sentence)
	case n.released:
		n.say(sentence)
	}
}

// Detail adds what only --verbose tells.
func (n *Notes) Detail(format string, args ...any) {
	if n != nil && n.Verbose {
		n.Add(format, args...)
	}
}

// Release says what was held back; what comes later is said at once.
func (n *Notes) Release() {
	for _, sentence := range n.held {
		n.say(sentence)
	}
	n.held, n.released = nil, true
}

// Hold keeps back what comes from now on, for another attempt, and forgets what was kept.
func (n *Notes) Hold() { n.held, n.released = nil, false }

func (n *Notes) say(sentence string) {
	n.said = append(n.said, sentence)
	fmt.Fprintf(n.To, "xunshare: note: %s\n", Shown(sentence))
}
