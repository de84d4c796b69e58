package test

import "testing"
import "os"

func TestZZBare(t *testing.T) {
	c := os.Getenv("BARE")
	inShells(t, func(s *session) {
		for i := 0; i < 60; i++ {
		for _, shell := range []string{"bash", "dash"} {
			s.enter(shell + " -c '"+c+"; echo after'\n")
			s.echoes("hello")
			s.enter(ctrlZ)
			s.expect("Stopped")
			s.expect(prompt)
			s.enter("fg\n")
			s.echoes("hello")
			s.enter(ctrlD)
			s.expect("after\n")
			s.expect(prompt)
		}
		}
	})
}
