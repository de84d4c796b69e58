package asuser

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// What many tests ask for at the same time is made once, also if it cannot be made; other things do
// not wait for it.
func TestAsk(t *testing.T) {
	var calls atomic.Int32
	other := make(chan struct{})
	m := maker{dir: t.TempDir(), make: func(_, thing string) error {
		switch thing {
		case "slow":
			<-other
		case "other":
			close(other)
		case "bad":
			return errors.New("no network")
		}
		calls.Add(1)
		return nil
	}}
	t.Setenv(Dir, m.dir)
	if err := m.listen(); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Add(2)
		go func() { defer group.Done(); wantAnswer(t, "slow", "") }()
		go func() { defer group.Done(); wantAnswer(t, "bad", "cannot get bad: no network") }()
	}
	wantAnswer(t, "other", "")
	group.Wait()
	if calls.Load() != 2 {
		t.Errorf("made %d times", calls.Load())
	}
}

func wantAnswer(t *testing.T, thing, want string) {
	t.Helper()
	answer := ""
	if err := Ask(thing); err != nil {
		answer = err.Error()
	}
	if strings.TrimSpace(answer) != want {
		t.Errorf("%s: %q, want %q", thing, answer, want)
	}
}

// Without the process that makes things there is an error, not a wait.
func TestAskNobody(t *testing.T) {
	t.Setenv(Dir, t.TempDir())
	if err := Ask("tree"); err == nil || !strings.Contains(err.Error(), "ask for tree") {
		t.Error(err)
	}
}
