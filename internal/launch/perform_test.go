package launch

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
	"github.com/xunshare/xunshare/internal/verb"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) { asuser.Main(m, nil) }

// Work in other namespaces is done by a child without a program, which hands over what it has
// opened there.
func TestPerform(t *testing.T) {
	start := verb.Step{Call: verb.Clone{}, Reason: "start a helper"}
	handed, err := Perform([]verb.Step{start, step(verb.OpenPath{Path: "/etc", As: "etc"}), step(verb.HandOver{FD: "etc"}), step(verb.Chdir{Path: "/"}),
		step(verb.OpenPath{Path: "proc", As: "proc"}), step(verb.HandOver{FD: "proc"})})
	if err != nil || len(handed) != 2 {
		t.Fatal(handed, err)
	}
	for i, want := range []string{"/etc", "/proc"} {
		if got, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", handed[i])); got != want {
			t.Errorf("handed over %s, want %s", got, want)
		}
		unix.Close(handed[i])
	}
	before := openFiles(t)
	_, err = Perform([]verb.Step{start, step(verb.OpenPath{Path: "/etc", As: "etc"}), step(verb.HandOver{FD: "etc"}), step(verb.OpenPath{Path: "/nosuch", As: "none"})})
	var failed *verb.Error
	if !errors.As(err, &failed) || failed.Errno != unix.ENOENT || failed.Path != "/nosuch" {
		t.Errorf("the error is %v", err)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors are open, and were %d", after, before)
	}
	dir := t.TempDir()
	if _, err = Perform([]verb.Step{start, step(verb.OpenPath{Path: dir, As: "dir"}), step(verb.Umask{Mask: 0o027}), step(verb.NewFile{Dir: "dir", Name: "new", Mode: 0o666, As: "new"})}); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(dir + "/new"); err != nil || info.Mode() != 0o640 {
		t.Errorf("made %v: %v", info, err)
	}
}

// A helper that is stopped is not waited for for ever.
func TestStoppedHelper(t *testing.T) {
	_, err := Perform([]verb.Step{{Call: verb.Clone{}, Reason: "start a helper"}, step(stop{}), step(verb.OpenPath{Path: "/nosuch", As: "none"})})
	var failed *verb.Error
	if err == nil || errors.As(err, &failed) {
		t.Errorf("the error is %v", err)
	}
}

// stop has a process stop itself.
type stop struct{}

func (stop) String() string { return "kill(SELF, SIGSTOP)" }

func (stop) Needs() verb.Need { return verb.Nothing }

func (stop) Lower(p *machine.Program) {
	const self verb.FD = "self"
	p.Open(self, "getpid", "", unix.SYS_GETPID)
	p.Syscall("kill", "", unix.SYS_KILL, p.FD(self), machine.Num(int(unix.SIGSTOP)))
}

// A process without descriptors left gets an error, keeps none of what has been handed over, and
// loses none.
func TestPerformWithoutDescriptors(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
	open := openFiles(t)
	plan := []verb.Step{{Call: verb.Clone{}, Reason: "start a helper"}, step(verb.OpenPath{Path: "/etc", As: "etc"}), step(verb.HandOver{FD: "etc"}), step(verb.HandOver{FD: "etc"})}
	for limit := open - 2; ; limit++ {
		unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(limit), Max: before.Max})
		handed, err := Perform(plan)
		unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
		if after := openFiles(t); after != open+len(handed) {
			t.Fatalf("limit %d: %d descriptors are open, and were %d: %v, %v", limit, after, open, handed, err)
		}
		for _, fd := range handed {
			unix.Close(fd)
		}
		if err == nil {
			return
		}
	}
}

func step(c verb.Call) verb.Step { return verb.Step{Call: c, Reason: "test"} }

func openFiles(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
