package verb_test

import (
	"errors"
	"io/fs"
	"math/rand"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

func TestErrorIsErrno(t *testing.T) {
	err := error(&verb.Error{verb.Step{verb.Chdir{Path: "/x"}, "go there"}, "chdir", "/x", unix.ENOENT})
	if !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, syscall.ENOENT) || errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v is not the errno that it wraps", err)
	}
	if got, want := err.Error(), "go there: chdir /x: no such file or directory"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFormat(t *testing.T) {
	plan := []verb.Step{
		{verb.Clone{unix.CLONE_NEWUSER | unix.CLONE_NEWNS}, "start"},
		{verb.Mount{Source: "proc", Target: "/pr\"oc", Type: "proc", Flags: unix.MS_NOSUID | unix.MS_NODEV | 1<<30}, "mount"},
		{verb.Mount{Target: "/", Flags: 0}, "nothing"},
		{verb.WriteFile{Path: "/f", Text: "a\nb\x01"}, "write"},
		{verb.WriteFile{Dir: "d", Path: "f"}, "write"},
		{verb.DeathSignal{unix.SIGTERM}, "die"},
		{verb.DeathSignal{40}, "die"},
		{noUname, "filter"},
		{verb.Exec{Candidates: []string{"/a", "/b"}, Argv: []string{"x", "y z"}, Env: []string{"E=1"}}, "run"},
	}
	want := []string{
		`clone(CLONE_NEWUSER|CLONE_NEWNS|SIGCHLD)`,
		`mount("proc", "/pr\"oc", "proc", MS_NOSUID|MS_NODEV|1073741824, NULL)`,
		`mount(NULL, "/", NULL, 0, NULL)`,
		`write("/f", "a\nb\x01")`,
		`write(d, "f", "")`,
		`prctl(PR_SET_PDEATHSIG, SIGTERM)`,
		`prctl(PR_SET_PDEATHSIG, 40)`,
		`seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, 4 instructions)`,
		`execve("/a" | "/b", ["x", "y z"], 1 variables)`,
	}
	lines := strings.Split(strings.TrimSuffix(verb.Format(plan), "\n"), "\n")
	for i, line := range lines {
		call, reason, _ := strings.Cut(line, " # ")
		if strings.TrimRight(call, " ") != want[i] || reason != plan[i].Reason {
			t.Errorf("line %d is %q, want %q and the reason", i, line, want[i])
		}
	}
}

// A child whose parent is killed at any moment dies too, whether it has been set up by then or not.
func TestKilledParentLeavesNothing(t *testing.T) {
	for i := 0; i < 100; i++ {
		cmd := start("sleep")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Intn(8000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
	}
	for wait := 0; wait < 50; wait++ {
		if len(sleepers()) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("still running: %v", sleepers())
}

const mark = "86399.25" // seconds that nobody else sleeps

// sleepers lists the live processes with mark among their arguments; a child of a dead parent that
// nobody has waited for yet has none.
func sleepers() (found []string) {
	dirs, _ := os.ReadDir("/proc")
	for _, d := range dirs {
		args, _ := os.ReadFile("/proc/" + d.Name() + "/cmdline")
		if strings.Contains(string(args), mark) {
			found = append(found, d.Name())
		}
	}
	return found
}

func TestDeathSignalIsTheOneAskedFor(t *testing.T) {
	cmd := start("death signal")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	n, _ := out.Read(buf) // the target runs
	cmd.Process.Kill()
	n2, _ := out.Read(buf[n:])
	if got := string(buf[:n+n2]); got != "ready\nUSR1\n" {
		t.Errorf("the target printed %q", got)
	}
	cmd.Wait()
}

// lasting are plans of targets that do not end by themselves.
var lasting = map[string]testPlan{
	"sleep": {steps: sh(newUser|unix.CLONE_NEWPID, "exec sleep "+mark)},
	"death signal": {steps: func() []verb.Step {
		script := "trap 'echo USR1; exit' USR1; echo ready; while :; do sleep 0.01; done"
		return []verb.Step{
			{verb.Clone{0}, "clone"},
			{verb.DeathSignal{unix.SIGUSR1}, "tie"},
			run([]string{"/bin/sh", "-c", script}, os.Environ()),
		}
	}},
}
