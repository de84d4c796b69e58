package test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A signal that the terminal sends reaches the program once, as the program is in the foreground as
// well. One that somebody sends to xunshare by hand is passed on, though xunshare is in the
// foreground.
func TestSenders(t *testing.T) {
	inShells(t, func(s *session) {
		for _, options := range []string{"-r", "-rpf --init", "-rpf --init --kill-child"} {
			s.enter("$X " + options + ` sh -c 'trap "echo interrupted" INT; trap "echo ended; exit" QUIT; echo ready; while :; do sleep 0.1; done' | sh -c 'trap "" INT QUIT; cat'` + "\n")
			s.expect("ready\n")
			unix.Kill(s.foreground(), unix.SIGINT)
			s.expect("interrupted\n")
			for range 2 {
				s.enter(ctrlC)
				if said := s.expect("interrupted\n"); strings.Count(said, "interrupted") != 1 {
					s.t.Errorf("%s: %q", options, said)
				}
			}
			s.enter(ctrlBackslash)
			if said := s.expect(prompt); strings.Contains(said, "interrupted") || !strings.Contains(said, "ended") {
				s.t.Errorf("%s: at the end: %q", options, said)
			}
		}
	})
}
