package test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// initCat is the command that Ctrl-C and Ctrl-Z do nothing good to with unshare(1).
const initCat = "$X -rpf --init cat"

// echoes has a cat in the foreground echo a line, by which it is known to run.
func (s *session) echoes(word string) {
	s.t.Helper()
	s.enter(word + "\n")
	s.expect(word + "\n")
}

func TestKeys(t *testing.T) {
	inShells(t, func(s *session) {
		for key, status := range map[string]string{ctrlC: "130", ctrlBackslash: "131", ctrlD: "0"} {
			s.enter("ulimit -c 0; " + initCat + "\n")
			s.echoes("hello")
			s.press(key)
			s.expect(prompt)
			s.want("echo $?", status+"\n")
		}
	})
}

func TestStopAndContinue(t *testing.T) {
	inShells(t, func(s *session) {
		s.enter(initCat + "\n")
		for i := 0; i < 5; i++ {
			s.echoes(fmt.Sprint("word", i))
			s.press(ctrlZ)
			if said := s.expect(prompt); !strings.Contains(said, "Stopped") {
				s.t.Fatalf("after Ctrl-Z: %q", said)
			}
			s.want("echo 6*7=$((6*7))", "6*7=42\n")
			s.fg()
		}
		s.echoes("last")
		s.press(ctrlC)
		s.expect(prompt)
		s.want("echo $?", "130\n")
	})
}

// A shell inside has job control of its own, and leaves the terminal to the shell outside.
func TestJobControlInside(t *testing.T) {
	inShells(t, func(s *session) {
		for name, words := range shells {
			s.enter("PS1='INSIDE> ' $X -rpf --init " + strings.Join(words, " ") + "\n")
			if said := s.expect("INSIDE> "); said != "INSIDE> " {
				s.t.Errorf("%s inside says %q", name, said)
			}
			s.enter("cat\n")
			s.echoes("one")
			s.press(ctrlZ)
			if said := s.expect("INSIDE> "); !strings.Contains(said, "Stopped") {
				s.t.Fatalf("%s inside: after Ctrl-Z: %q", name, said)
			}
			s.fg()
			s.echoes("two")
			s.press(ctrlC)
			s.expect("INSIDE> ")
			s.enter("exit 5\n")
			s.expect(prompt)
			s.want("echo $?", "5\n")
		}
	})
}

// The shell inside is stopped as a whole, from inside and from outside, while a program of it has
// the terminal.
func TestStopShellInside(t *testing.T) {
	inShells(t, func(s *session) {
		s.enter("PS1='INSIDE> ' $X -rpf --init bash --norc --noprofile --noediting -i\n")
		s.expect("INSIDE> ")
		for i := 0; i < 3; i++ {
			s.enter("kill -STOP $$\n")
			s.expect("Stopped")
			s.expect(prompt)
			s.want("echo $((6*7))", "42\n")
			s.fg()
			s.enter("echo $((6*9))\n")
			s.expect("54\n")
			s.expect("INSIDE> ")
		}
		s.enter("sh -c 'kill -STOP 2; sleep 1000'\n")
		s.expect("Stopped")
		s.expect(prompt)
		s.want("echo $((6*7))", "42\n")
		s.fg()
		s.leaves()
		s.press(ctrlC)
		s.expect("INSIDE> ")
		s.enter("exit\n")
		s.expect(prompt)
	})
}

// A background job leaves the terminal alone until it is brought to the foreground.
func TestBackground(t *testing.T) {
	inShells(t, func(s *session) {
		s.run(initCat + " &")
		s.stopped()
		s.want("echo $((6*7))", "42\n")
		for i := 0; i < 3; i++ {
			s.fg()
			s.echoes("hello")
			s.press(ctrlZ)
			s.expect(prompt)
			s.run("bg")
			s.stopped()
		}
		s.fg()
		s.echoes("hello")
		s.press(ctrlD)
		s.expect(prompt)
		for name, words := range shells {
			s.run("PS1='INSIDE> ' $X -rpf --init " + strings.Join(words, " ") + " &")
			s.stopped()
			s.want("echo $((6*7))", "42\n")
			s.fg()
			s.enter("echo $((6*9))\n")
			s.expect("54\n")
			s.expect("INSIDE> ")
			s.enter("exit\n")
			if said := s.expect(prompt); strings.Contains(said, "terminal") {
				s.t.Errorf("%s inside says %q", name, said)
			}
		}
	})
}

// leaves waits until the terminal belongs to somebody inside: a key before goes to the shell, or to
// xunshare.
func (s *session) leaves() {
	s.t.Helper()
	shell := s.cmd.Process.Pid
	xunshare := onlyChild(s.t, shell)
	eventually(s.t, "a group inside in the foreground", func() bool {
		group := s.foreground()
		return group != shell && group != xunshare
	})
}

// stopped waits until the shell's job is.
func (s *session) stopped() {
	s.t.Helper()
	s.until("jobs", func(said string) bool { return strings.Contains(said, "Stopped") })
}

// until repeats a command until what it says is right.
func (s *session) until(line string, right func(said string) bool) {
	s.t.Helper()
	said := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if said = s.run(line); right(said) {
			return
		}
	}
	s.t.Fatalf("%s: still says %q\n%s", line, said, s.processes())
}

// A job that did not read goes on in the background, and a signal reaches it there.
func TestSignalsByHand(t *testing.T) {
	inShells(t, func(s *session) {
		s.enter(`$X -rpf --init sh -c 'trap "echo got USR1" USR1; trap "echo got WINCH" WINCH; echo it listens; sleep 1000 & while :; do wait; done' &` + "\n")
		s.expect("it listens\n")
		for _, step := range []struct{ line, says string }{
			{"kill -USR1 $!", "got USR1\n"},
			{"kill -WINCH $!", "got WINCH\n"},
		} {
			s.until(step.line, func(said string) bool { return strings.Contains(said, step.says) })
		}
		s.run("kill -TSTP $!")
		s.stopped()
		s.run("bg")
		s.until("jobs", func(said string) bool { return strings.Contains(said, "Running") })
		s.run("kill -STOP $!")
		s.stopped()
		s.fg()
		s.leaves()
		s.press(ctrlC)
		s.expect(prompt)
		s.want("echo $?", "130\n")
		s.enter("$X -rpf --init sh -c 'echo it runs; exec sleep 1000' &\n")
		s.expect("it runs\n")
		s.enter("kill -TERM %1; wait $!; echo status $?\n")
		s.expect("status 143\n")
	})
}

// In a pipeline the target shares the terminal with the others, and stops with them.
func TestPipeline(t *testing.T) {
	inShells(t, func(s *session) {
		s.enter(initCat + " | cat\n")
		for i := 0; i < 3; i++ {
			s.echoes("hello")
			s.press(ctrlZ)
			if said := s.expect(prompt); !strings.Contains(said, "Stopped") {
				s.t.Fatalf("after Ctrl-Z: %q", said)
			}
			s.want("echo $((6*7))", "42\n")
			s.fg()
		}
		s.echoes("last")
		s.press(ctrlC)
		s.expect(prompt)
		s.want("echo $((6*7))", "42\n")
		s.enter("$X -rpf --init sh -c 'echo from inside; exec sleep 1000' | sh -c 'read x; read y </dev/tty; echo $x, $y; kill $PPID' &\n")
		s.expect(prompt)
		s.stopped()
		s.fg()
		s.enter("from the keyboard\n")
		s.expect("from inside, from the keyboard\n")
		s.press(ctrlC)
		s.expect(prompt)
	})
}

// Ctrl-C ends a script together with the program that it runs.
func TestScriptOnATerminal(t *testing.T) {
	inShells(t, func(s *session) {
		for _, shell := range []string{"bash", "dash"} {
			s.enter(shell + " -c 'for i in 1 2 3; do $X -rpf --init sh -c \"echo round $i; cat\"; done; echo survived'\n")
			s.expect("round 1\n")
			s.echoes("hello")
			s.press(ctrlC)
			if said := s.expect(prompt); strings.TrimSpace(said) != strings.TrimSpace(prompt) {
				s.t.Errorf("%s: after Ctrl-C: %q", shell, said)
			}
			s.enter(shell + " -c '" + initCat + "; echo after'\n")
			s.echoes("hello")
			s.press(ctrlZ)
			s.expect("Stopped")
			s.expect(prompt)
			s.fg()
			s.echoes("hello")
			s.press(ctrlD)
			s.expect("after\n")
			s.expect(prompt)
		}
	})
}

// One init under another passes everything on.
func TestNestedOnATerminal(t *testing.T) {
	inShells(t, func(s *session) {
		s.enter("$X -rpf --init " + initCat + "\n")
		for i := 0; i < 3; i++ {
			s.echoes("hello")
			s.press(ctrlZ)
			if said := s.expect(prompt); !strings.Contains(said, "Stopped") {
				s.t.Fatalf("after Ctrl-Z: %q", said)
			}
			s.want("echo $((6*7))", "42\n")
			s.fg()
		}
		s.echoes("last")
		s.press(ctrlC)
		s.expect(prompt)
		s.want("echo $?", "130\n")
	})
}

// Where no shell could continue it, Ctrl-Z stops nothing.
func TestNoShell(t *testing.T) {
	s := onTerminal(t, binary(), words("-rpf --init cat")...)
	s.echoes("hello")
	for i := 0; i < 10; i++ {
		s.press(ctrlZ)
		s.echoes("hello")
	}
	s.press(ctrlC)
	s.cmd.Wait()
	if status := s.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != unix.SIGINT {
		t.Errorf("after Ctrl-C: %v", s.cmd.ProcessState)
	}
}

// A new size of the terminal, and its end, reach the program.
func TestTerminalChanges(t *testing.T) {
	s := onTerminal(t, binary(), "-rpf", "--init", "sh", "-c",
		`trap 'stty size' WINCH; trap 'echo hangup >"$0"; exit' HUP; echo ready; while :; do sleep 0.01; done`, t.TempDir()+"/proof")
	s.expect("ready\n")
	unix.IoctlSetWinsize(s.master, unix.TIOCSWINSZ, &unix.Winsize{Row: 33, Col: 44})
	s.expect("33 44\n")
	s.terminal.Close()
	s.cmd.Wait()
	if text, _ := os.ReadFile(s.cmd.Args[len(s.cmd.Args)-1]); string(text) != "hangup\n" {
		t.Errorf("after the hangup the program wrote %q: %v", text, s.cmd.ProcessState)
	}
}

// Who kills xunshare, or its init, leaves the shell with the terminal.
func TestKilledOnATerminal(t *testing.T) {
	inShells(t, func(s *session) {
		for _, init := range []bool{false, true} {
			s.enter(initCat + "\n")
			s.echoes("hello")
			victim := onlyChild(s.t, s.cmd.Process.Pid)
			if init {
				victim = onlyChild(s.t, victim)
			}
			unix.Kill(victim, unix.SIGKILL)
			s.expect(prompt)
			eventually(s.t, "just the shell", func() bool { return len(s.states()) == 1 })
			s.want("echo $?", "137\n")
		}
	})
}
