package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what has to happen. It is long: it matters only when a test
// fails.
const patience = 30 * time.Second

// A session is a program on a terminal of its own, which the test types on and reads.
type session struct {
	t        *testing.T
	master   int // side of the terminal
	terminal *os.File
	cmd      *exec.Cmd

	mu   sync.Mutex
	said bytes.Buffer // what the test has not read yet
}

// onTerminal starts a program as the leader of a new session on a new terminal (pty(7)).
func onTerminal(t *testing.T, name string, args ...string) *session {
	t.Helper()
	// Non-blocking, so that Close ends what reads from it (os.NewFile).
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	slave := openSlave(t, master)
	s := &session{t: t, master: master, terminal: os.NewFile(uintptr(master), "/dev/ptmx"), cmd: exec.Command(name, args...)}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.Env = append(os.Environ(), "PS1="+prompt, "X="+binary(), "ENV=", "TERM=dumb")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	go s.listen()
	t.Cleanup(func() {
		s.terminal.Close() // hangs up
		s.cmd.Process.Kill()
		s.cmd.Wait()
	})
	return s
}

// openSlave opens the other side, which does not echo what is typed.
func openSlave(t *testing.T, master int) *os.File {
	t.Helper()
	number, err := unix.IoctlGetUint32(master, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	settings.Lflag &^= unix.ECHO | unix.ECHOCTL
	if err := unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, settings); err != nil {
		t.Fatal(err)
	}
	return slave
}

func (s *session) listen() {
	buf := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(buf)
		s.mu.Lock()
		s.said.Write(bytes.ReplaceAll(buf[:n], []byte("\r"), nil))
		s.mu.Unlock()
		if err != nil { // EIO, when the last process has closed the other side
			return
		}
	}
}

// shells are what people type xunshare into, all of them with job control and without line editing.
var shells = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "--noediting", "-i"},
	"dash": {"dash", "-i"},
}

const prompt = "PROMPT> "

// inShells runs a test in each shell.
func inShells(t *testing.T, test func(s *session)) {
	for name, words := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := onTerminal(t, words[0], words[1:]...)
			s.expect(prompt)
			test(s)
		})
	}
}

// The keys of a terminal (termios(3)).
const (
	ctrlC         = "\x03"
	ctrlD         = "\x04"
	ctrlZ         = "\x1a"
	ctrlBackslash = "\x1c"
)

// enter types.
func (s *session) enter(text string) {
	s.t.Helper()
	if _, err := s.terminal.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// expect waits until text appears, and returns all up to its end.
func (s *session) expect(text string) string {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		before, _, found := strings.Cut(s.said.String(), text)
		if found {
			s.said.Next(len(before) + len(text))
		}
		s.mu.Unlock()
		if found {
			return before + text
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%q does not appear, but %q\n%s", text, before, s.processes())
		}
	}
}

// run types a command, which ends before the next prompt, and returns what it says. A program that
// has not stopped yet could still read it.
func (s *session) run(line string) string {
	s.t.Helper()
	s.settle()
	s.enter(line + "\n")
	return strings.TrimSuffix(s.expect(prompt), prompt)
}

// want is run for a command that has to say just that.
func (s *session) want(line, out string) {
	s.t.Helper()
	if got := s.run(line); got != out {
		s.t.Errorf("%s: printed %q, want %q", line, got, out)
	}
}

// press types a key that sends a signal. Whether a program that has not gone to sleep yet gets that
// signal first or reads first, is the kernel's choice, without xunshare too.
func (s *session) press(key string) {
	s.t.Helper()
	s.settle()
	s.enter(key)
}

// fg brings the stopped job to the foreground.
func (s *session) fg() {
	s.t.Helper()
	s.settle()
	s.enter("fg\n")
}

// settle waits until all processes of the session sleep, are stopped or are dead.
func (s *session) settle() {
	s.t.Helper()
	eventually(s.t, "quiet on the terminal", func() bool {
		for _, state := range s.states() {
			if !strings.Contains("STZ", state) {
				return false
			}
		}
		return true
	})
}

// states are those of its processes (proc_pid_stat(5)).
func (s *session) states() (states []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		_, after, _ := strings.Cut(string(text), ") ")
		if f := words(after); len(f) > 3 && f[3] == fmt.Sprint(s.cmd.Process.Pid) {
			states = append(states, f[0])
		}
	}
	return states
}

// foreground is the group that has the terminal.
func (s *session) foreground() int {
	s.t.Helper()
	group, err := unix.IoctlGetUint32(s.master, unix.TIOCGPGRP)
	if err != nil {
		s.t.Fatal(err)
	}
	return int(group)
}

// processes shows those of the session, for a test that fails.
func (s *session) processes() string {
	out, _ := exec.Command("ps", "-s", fmt.Sprint(s.cmd.Process.Pid), "-o", "pid,ppid,pgid,tpgid,stat,wchan,args").CombinedOutput()
	return string(out)
}
