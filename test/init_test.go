package test

import (
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// underInit is a command that runs a shell script under an init, with a /proc of its own.
func underInit(script string) *exec.Cmd {
	return exec.Command(binary(), "-rpf", "--init", "--mount-proc", "sh", "-c", script)
}

// The target ends as it would without an init, and what cannot be run is explained in the same
// words.
func TestInitStatus(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(home+"/plain", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, program := range [][]string{
		{"true"}, {"sh", "-c", "exit 7"}, {"sh", "-c", "exit 255"}, {"nosuch"}, {"/nosuch"}, {home}, {home + "/plain"},
		{"sh", "-c", "kill -TERM $$"}, {"sh", "-c", "kill -KILL $$"}, {"sh", "-c", "ulimit -c 0; kill -SEGV $$"},
	} {
		with := finish(t, exec.Command(binary(), append(words("-rpf --init"), program...)...))
		without := finish(t, exec.Command(binary(), append(words("-r"), program...)...))
		if with != without {
			t.Errorf("%q: %+v, without an init %+v", program, with, without)
		}
	}
	// What is left over ends, and does not count.
	if r := finish(t, underInit("sleep 1000 & (exit 4) & exec sh -c 'exit 3'")); r.status != 3 {
		t.Errorf("with processes left: %+v", r)
	}
}

func TestInitNeedsPids(t *testing.T) {
	r := run(t, "-r", "--init", "true")
	if r.status != 1 || !strings.Contains(r.err, "--init is for a new pid namespace") || !strings.Contains(r.err, "hint: add --pid") {
		t.Errorf("%+v", r)
	}
}

// What the target inherits is what xunshare was given, not what the init has made of it.
func TestTargetInheritsUnderInit(t *testing.T) {
	for name, line := range map[string]string{
		"open files":     `ulimit -Sn 77; $X sh -c 'ulimit -Sn; ulimit -Hn'`,
		"other limits":   `ulimit -c 0 -s 1234; $X cat /proc/self/limits`,
		"environment":    `env -i A=1 B="two words" C= $X env`,
		"descriptors":    `exec 7</etc/passwd; $X sh -c 'ls /proc/self/fd | grep -c .; readlink /proc/$$/fd/7'`,
		"closed error":   `$X sh -c 'ls /proc/self/fd | grep -cx 2' 2>&-`,
		"ignored many":   `trap '' HUP TERM QUIT PIPE USR1 CHLD TSTP; $X grep Sig[IB] /proc/self/status`,
		"no signals":     `$X grep Sig[IBP] /proc/self/status`,
		"standard input": `echo hello | $X cat`,
	} {
		without, with := shell(line, "X="), shell(line, "X="+binary()+" -cpf --mount-proc --init")
		if with != without {
			t.Errorf("%s: under an init:\n%s\nwithout xunshare:\n%s", name, with, without)
		}
	}
}

// Signals to xunshare reach the target once, those to process 1 too.
func TestInitPassesSignalsOn(t *testing.T) {
	for _, name := range words("TERM INT HUP QUIT USR1 USR2 WINCH ALRM CONT") {
		number := unix.SignalNum("SIG" + name)
		cmd := underInit("trap 'echo got it' " + name + "; echo ready; read x; read x; read x")
		in, out := pipes(t, cmd)
		out.expect("ready\n")
		cmd.Process.Signal(number)
		out.expect("got it\n")
		init := onlyChild(t, cmd.Process.Pid)
		unix.Kill(init, number)
		out.expect("got it\n")
		in.Close()
		cmd.Wait()
		if rest := out.rest(); rest != "" {
			t.Errorf("SIG%s: after two signals the target says %q", name, rest)
		}
	}
}

// What is sent to process 1 from inside is for an init, not for the target: it ends no session.
func TestInitIgnoresSignalsFromInside(t *testing.T) {
	const all = "HUP INT QUIT USR1 USR2 PIPE ALRM TERM TSTP VTALRM PROF WINCH IO PWR RTMIN"
	r := finish(t, underInit("for s in "+all+"; do trap 'echo got one' $s 2>/dev/null; kill -s $s 1; done; sleep .1; echo goes on"))
	if r.status != 0 || r.out != "goes on\n" {
		t.Errorf("handled: %+v", r)
	}
	for _, name := range words(all) {
		r := finish(t, underInit("kill -s "+name+" 1; sleep .05; echo goes on"))
		if r.status != 0 || r.out != "goes on\n" {
			t.Errorf("SIG%s: %+v", name, r)
		}
	}
}

// One that only an init has business with is passed on if it comes from outside.
func TestInitPassesPowerFailureOn(t *testing.T) {
	cmd := underInit("trap 'echo got it; exit 5' PWR; echo ready; read x")
	_, out := pipes(t, cmd)
	out.expect("ready\n")
	unix.Kill(onlyChild(t, cmd.Process.Pid), unix.SIGPWR)
	out.expect("got it\n")
	cmd.Wait()
}

// A signal without a handler ends the target, which is not a first process, and xunshare in the
// same way.
func TestInitTargetDiesBySignal(t *testing.T) {
	for _, number := range []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1} {
		cmd := underInit("echo ready; exec sleep 1000")
		_, out := pipes(t, cmd)
		out.expect("ready\n")
		cmd.Process.Signal(number)
		cmd.Wait()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != number {
			t.Errorf("%v: xunshare ended with %v", number, cmd.ProcessState)
		}
	}
}

// Ten thousand orphans, and none is left as a zombie while the target still runs.
func TestOrphans(t *testing.T) {
	r := finish(t, underInit(`
		storm() { i=0; while [ $i -lt 2500 ]; do ( : & ); i=$((i+1)); done; }
		storm & storm & storm & storm & wait
		echo last $(sh -c 'echo $$')
		i=0
		while zombies=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null) && [ $i -lt 1000 ]; do sleep 0.01; i=$((i+1)); done
		echo zombies $zombies; echo /proc/[0-9]*`))
	var last int
	fmt.Sscanf(r.out, "last %d", &last)
	if _, after, _ := strings.Cut(r.out, "\n"); r.status != 0 || last < 20000 || after != "zombies\n/proc/1 /proc/2\n" {
		t.Errorf("%+v", r)
	}
}

// An idle init takes no time, and little memory at any time.
func TestInitCosts(t *testing.T) {
	cmd := underInit("echo ready; read x")
	in, out := pipes(t, cmd)
	out.expect("ready\n")
	init := onlyChild(t, cmd.Process.Pid)
	before := ticks(t, init)
	time.Sleep(time.Second)
	if after := ticks(t, init); after != before {
		t.Errorf("the idle init has used %d ticks in a second", after-before)
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", init))
	_, text, _ := strings.Cut(string(status), "VmRSS:")
	fields := words(text)
	if size, _ := strconv.Atoi(fields[0]); size == 0 || size >= 4096 {
		t.Errorf("the init has %d KiB of memory", size)
	} else {
		t.Logf("the init has %d KiB of memory", size)
	}
	in.Close()
	cmd.Wait()
}

// ticks is the time that a process has used, in clock ticks: utime and stime of proc_pid_stat(5).
func ticks(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := words(after)
	return number(fields[11]) + number(fields[12])
}

// Who kills xunshare kills everything, at any moment.
func TestKilledUnderInit(t *testing.T) {
	const mark = "86398.75" // seconds that nobody else sleeps
	for i := 0; i < 100; i++ {
		cmd := underInit("sleep " + mark + " & exec sleep " + mark)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Intn(8000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
	}
	eventually(t, "an end of all processes", func() bool { return len(withArgument(mark)) == 0 })
}

// withArgument lists the processes that have mark among their arguments.
func withArgument(mark string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), mark) {
			found = append(found, file)
		}
	}
	return found
}

// A death signal of another kind reaches the target, which may end in its own time, and everything
// ends with it.
func TestDeathSignalUnderInit(t *testing.T) {
	cmd := exec.Command(binary(), "-rpf", "--init", "--kill-child=TERM", "sh", "-c",
		"trap 'echo got TERM; exit' TERM; echo ready; sleep 1000 & wait")
	_, out := pipes(t, cmd)
	out.expect("ready\n")
	cmd.Process.Kill()
	cmd.Wait()
	out.expect("got TERM\n")
	if rest := out.rest(); rest != "" { // the end of the pipe: no sleep has it any more
		t.Errorf("and then %q", rest)
	}
}

func TestNestedInit(t *testing.T) {
	r := finish(t, underInit("exec "+binary()+" -rpf --init --mount-proc sh -c 'echo $$ /proc/[0-9]*; exit 6'"))
	if r.status != 6 || r.out != "2 /proc/1 /proc/2\n" || r.err != "" {
		t.Errorf("%+v", r)
	}
}

// The init is in the root too, and is closed to the target, who is root as well: the program's
// file, which is the host's, the caller's environment, and all that leads out.
func TestInitInRoot(t *testing.T) {
	r := run(t, "-rpf", "--init", "--mount-proc", "--root="+tree(native), "/bin/sh", "-c",
		"cat /proc/1/comm; for i in exe root cwd fd/0; do readlink /proc/1/$i; done; cat /proc/1/environ; chmod 4711 /proc/1/exe; ls /usr")
	comm, rest, _ := strings.Cut(r.out, "\n")
	if r.status != 0 || comm != "xunshare-init" || strings.Count(r.err, "ermission denied") < 2 {
		t.Errorf("%+v", r)
	}
	run(t, "-rpf", "--root="+tree(native), "/bin/ls", "/usr").want(t, rest)
}

// A reader reads what a command says.
type reader struct {
	t    *testing.T
	file *os.File
}

// pipes starts a command with pipes as its standard input and output.
func pipes(t *testing.T, cmd *exec.Cmd) (in *os.File, out *reader) {
	t.Helper()
	stdin, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	said, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	said.SetDeadline(time.Now().Add(patience))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	stdout.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		in.Close()
		said.Close()
	})
	return in, &reader{t, said}
}

// expect reads exactly text.
func (r *reader) expect(text string) {
	r.t.Helper()
	buf := make([]byte, len(text))
	if n, err := io.ReadFull(r.file, buf); err != nil || string(buf) != text {
		r.t.Fatalf("the program says %q, not %q: %v", buf[:n], text, err)
	}
}

// rest reads up to the end.
func (r *reader) rest() string {
	r.t.Helper()
	text, err := io.ReadAll(r.file)
	if err != nil {
		r.t.Error(err)
	}
	return string(text)
}

// onlyChild waits until a process has one child, and returns that.
func onlyChild(t *testing.T, pid int) int {
	t.Helper()
	var found []string
	eventually(t, fmt.Sprint("a child of ", pid), func() bool {
		found = nil
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			found = append(found, words(string(text))...)
		}
		return len(found) == 1
	})
	child, _ := strconv.Atoi(found[0])
	return child
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there is still not %s", what)
		}
	}
}
