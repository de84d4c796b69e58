// Package asuser lets tests that were started as root run as an ordinary user, for whom the program
// is made.
//
// For tests only.
package asuser

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ID is the user and group that tests become, and Name what it is called while they run.
const (
	ID   = 1000
	Name = "xunshare-test"
)

// SubIDs are the two ranges of sub-ids that the user has if root runs the tests, as /etc/subuid has
// them.
const SubIDs = Name + ":2000000:65536\n" + Name + ":3000000:1000\n"

// KeepRoot is the environment variable that keeps tests root, for those that are about root.
const KeepRoot = "XUNSHARE_TEST_AS_ROOT"

// MustRun is the environment variable that turns every skip into a failure.
const MustRun = "XUNSHARE_MUST_RUN"

// Dir is the environment variable that tells tests the folder that belongs to them: what prepare
// made is there.
const Dir = "XUNSHARE_TEST_DIR"

// Main is for TestMain: it calls prepare, as whoever started the tests, with a fresh folder that
// all may enter. Then it runs the tests, as an ordinary user if it can, and exits. prepare may be
// nil.
func Main(m *testing.M, prepare func(dir string) error) { main(m, prepare) }

// MainMaking is Main for tests that need much, and each of them little of it: what a test needs is
// made when it first asks for it (Ask), by a call of make in the process that was started, with the
// folder and the name of the thing.
func MainMaking(m *testing.M, make func(dir, thing string) error) {
	main(m, func(dir string) error { return (&maker{dir: dir, make: make}).listen() })
}

func main(m *testing.M, prepare func(dir string) error) {
	if os.Getenv(Dir) != "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "xunshare-test-")
	check(err)
	check(os.Chmod(dir, 0o755))
	status := 1
	if err := prepareIn(dir, prepare); err != nil {
		fmt.Fprintln(os.Stderr, "asuser: cannot prepare the tests:", err)
	} else {
		status = rerun(dir)
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

func prepareIn(dir string, prepare func(string) error) error {
	// The test binary, and what prepare makes, has to be open to another user whatever the umask
	// is.
	syscall.Umask(0o022)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Chmod(self, 0o755); err != nil || prepare == nil {
		return err
	}
	return prepare(dir)
}

// Skip skips the test, or fails it where nothing may be skipped. The reason has to be conclusive.
func Skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv(MustRun) != "" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// rerun runs this test binary again, as an ordinary user with a home of its own, and returns its
// exit status.
func rerun(dir string) int {
	home := filepath.Join(dir, "home")
	check(os.Mkdir(home, 0o755))
	args, coverage, profile := userArgs(home)
	// By this link the binary is found although the folder that go test put it in is root's alone.
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), Dir+"="+dir, "HOME="+home, "TMPDIR="+home)
	runtime.LockOSThread() // whose end counts (PR_SET_PDEATHSIG(2const))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if becomes() {
		check(os.Chown(home, ID, ID))
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: ID, Gid: ID}
	}
	err := GiveAccount(dir)
	check(err)
	err = cmd.Run()
	if profile != "" {
		copyFile(coverage, profile)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	check(err)
	return 0
}

// becomes tells whether the tests become another user.
func becomes() bool { return os.Getuid() == 0 && os.Getenv(KeepRoot) == "" }

// GiveAccount lets the user have a name and sub-ids while the tests run, if root runs them: it
// covers the account files in a mount namespace of this thread's, which what it starts from now on
// inherits. dir holds the files.
func GiveAccount(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	runtime.LockOSThread()
	err := errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	if err != nil {
		return err
	}
	for file, line := range map[string]string{
		"passwd": fmt.Sprintf("%s:x:%d:%d::%s/home:/bin/sh\n", Name, ID, ID, dir),
		"group":  fmt.Sprintf("%s:x:%d:\n", Name, ID),
		"subuid": SubIDs, "subgid": SubIDs,
	} {
		if err := cover(dir, file, line); err != nil {
			return err
		}
	}
	return nil
}

// cover puts line in front of those of a file of /etc; another account of the same id or name comes
// after it.
func cover(dir, file, line string) error {
	text, err := os.ReadFile("/etc/" + file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // and nothing to mount on; who needs it says so
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(dir+"/"+file, append([]byte(line), text...), 0o644); err != nil {
		return err
	}
	return unix.Mount(dir+"/"+file, "/etc/"+file, "", unix.MS_BIND, "")
}

// userArgs are the arguments of this process without the files that only root can write: the log
// for the test cache is left out, the coverage profile goes to another file first.
func userArgs(home string) (args []string, coverage, profile string) {
	coverage = filepath.Join(home, "cover.out")
	for _, arg := range os.Args[1:] {
		switch {
		case strings.HasPrefix(arg, "-test.testlogfile="):
			continue
		case strings.HasPrefix(arg, "-test.coverprofile="):
			profile = strings.TrimPrefix(arg, "-test.coverprofile=")
			arg = "-test.coverprofile=" + coverage
		}
		args = append(args, arg)
	}
	return args, coverage, profile
}

func copyFile(from, to string) {
	b, err := os.ReadFile(from)
	check(err)
	check(os.WriteFile(to, b, 0o644))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "asuser: cannot prepare the tests:", err)
		os.Exit(1)
	}
}
