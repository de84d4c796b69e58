// Package asuser lets tests that were started as root run as an ordinary user, for whom the program is made.
//
// For tests only.
package asuser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ID is the user and group that tests become. The account need not exist.
const ID = 1000

// KeepRoot is the environment variable that keeps tests root, for those that are about root.
const KeepRoot = "XUNSHARE_TEST_AS_ROOT"

// MustRun is the environment variable that turns every skip into a failure.
const MustRun = "XUNSHARE_MUST_RUN"

// Dir is the environment variable that tells tests the folder that belongs to them: what prepare made is there.
const Dir = "XUNSHARE_TEST_DIR"

// Main is for TestMain: it calls prepare, as whoever started the tests, with a fresh folder that all may enter. Then it
// runs the tests, as an ordinary user if it can, and exits. prepare may be nil.
func Main(m *testing.M, prepare func(dir string) error) {
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
	// The test binary, and what prepare makes, has to be open to another user whatever the umask is.
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

// rerun runs this test binary again, as an ordinary user with a home of its own, and returns its exit status.
func rerun(dir string) int {
	home := filepath.Join(dir, "home")
	check(os.Mkdir(home, 0o755))
	args, cover, profile := userArgs(home)
	// By this link the binary is found although the folder that go test put it in is root's alone.
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), Dir+"="+dir, "HOME="+home, "TMPDIR="+home)
	if os.Getuid() == 0 && os.Getenv(KeepRoot) == "" {
		check(os.Chown(home, ID, ID))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ID, Gid: ID}}
	}
	err := cmd.Run()
	if profile != "" {
		copyFile(cover, profile)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	check(err)
	return 0
}

// userArgs are the arguments of this process without the files that only root can write: the log for the test cache
// is left out, the coverage profile goes to cover first.
func userArgs(home string) (args []string, cover, profile string) {
	cover = filepath.Join(home, "cover.out")
	for _, arg := range os.Args[1:] {
		switch {
		case strings.HasPrefix(arg, "-test.testlogfile="):
			continue
		case strings.HasPrefix(arg, "-test.coverprofile="):
			profile = strings.TrimPrefix(arg, "-test.coverprofile=")
			arg = "-test.coverprofile=" + cover
		}
		args = append(args, arg)
	}
	return args, cover, profile
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
