// Package test tries the whole program, as an ordinary user, in the real kernel, with real emulators and trees.
package test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/asuser"
	"github.com/xunshare/xunshare/internal/binfmt"
)

// arches are the foreign trees, by Debian's name: what uname -m says inside, and QEMU's name.
var arches = map[string]struct{ machine, target string }{
	"powerpc": {"ppc", "ppc"},
	"arm64":   {"aarch64", "aarch64"},
	"ppc64el": {"ppc64le", "ppc64le"},
	"s390x":   {"s390x", "s390x"},
	"armhf":   {"armv7l", "arm"},
}

const native = "amd64"

func TestMain(m *testing.M) {
	// Where scripts/get-emulator keeps what is not installed.
	if cache, err := filepath.Abs("../.cache/emulators"); err == nil {
		os.Setenv("PATH", os.Getenv("PATH")+":"+cache)
	}
	asuser.Main(m, prepare)
}

// prepare builds xunshare and gets the emulators and trees, all into dir, where any user can reach them.
func prepare(dir string) error {
	if err := build(dir); err != nil {
		return err
	}
	guests, systems, others := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { guests <- fetchGuests(dir) }()
	go func() { systems <- fetchDebians(dir) }()
	go func() { others <- fetchMusls(dir) }()
	if err := fetchTree(dir, native); err != nil {
		return err
	}
	for arch, a := range arches {
		if err := errors.Join(fetchTree(dir, arch), fetchEmulator(dir, a.target)); err != nil {
			return err
		}
	}
	if err := errors.Join(unreadable(dir), fetchSource(dir), <-guests, <-systems, <-others); err != nil {
		return err
	}
	// Who runs the tests owns the trees, as the user of a tree does.
	if os.Getuid() == 0 && os.Getenv(asuser.KeepRoot) == "" {
		return command("chown", "-R", fmt.Sprintf("%d:%d", asuser.ID, asuser.ID), dir+"/trees", dir+"/libc", dir+"/debian").Run()
	}
	return nil
}

// build makes the binary that make build makes, with coverage counters where a folder for them is given.
func build(dir string) error {
	args := []string{"-s", "-C", "..", "build", "BIN=" + dir + "/xunshare"}
	if os.Getenv("GOCOVERDIR") != "" {
		args = append(args, "BUILDFLAGS=-cover -coverpkg=./...")
	}
	return command("make", args...).Run()
}

func fetchTree(dir, arch string) error {
	tree, err := script("get-tree", arch)
	if err != nil {
		return err
	}
	os.MkdirAll(dir+"/trees", 0o755)
	return command("cp", "-a", tree, dir+"/trees/"+arch).Run()
}

func fetchEmulator(dir, target string) error {
	emulator, err := script("get-emulator", target)
	if err != nil {
		return err
	}
	rule := binfmt.FindArch(target).Rule(emulator, "POCF").String()
	return os.WriteFile(dir+"/rule-"+target, []byte(rule), 0o644)
}

func script(name string, args ...string) (string, error) {
	cmd := command("../scripts/"+name, args...)
	cmd.Stdout = nil
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd
}

// dir is the folder that prepare filled.
func dir() string { return os.Getenv(asuser.Dir) }

func binary() string { return filepath.Join(dir(), "xunshare") }

func tree(arch string) string { return filepath.Join(dir(), "trees", arch) }

// rule is the rule for an architecture, with flags and the host's emulator.
func rule(t *testing.T, arch string) string {
	t.Helper()
	text, err := os.ReadFile(dir() + "/rule-" + arches[arch].target)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// emulator is where the rule for an architecture says it is.
func emulator(t *testing.T, arch string) string {
	fields := strings.Split(rule(t, arch), ":")
	return fields[len(fields)-2]
}

// a result is what a run left behind.
type result struct {
	out, err string
	status   int // -1 after a signal
}

// run runs xunshare and waits.
func run(t *testing.T, args ...string) result {
	t.Helper()
	return finish(t, exec.Command(binary(), args...))
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// want fails the test unless the run ended well and printed exactly that.
func (r result) want(t *testing.T, out string) {
	t.Helper()
	if r.status != 0 || r.err != "" || r.out != out {
		t.Errorf("status %d, stderr %q\nprinted %q\nwant    %q", r.status, r.err, r.out, out)
	}
}

// words splits a command line of test tables.
func words(line string) []string { return strings.Fields(line) }
