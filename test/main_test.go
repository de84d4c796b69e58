// Package test tries the whole program, as an ordinary user, in the real kernel, with real
// emulators and trees.
package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
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
	asuser.MainMaking(m, makeThing)
}

// makeThing makes one of the things that tests ask for, in dir, where any user can reach it. It
// runs as whoever started the tests. The accessors below name the things: a kind and, after a
// slash, which of that kind.
func makeThing(dir, thing string) error {
	kind, which, _ := strings.Cut(thing, "/")
	switch kind {
	case "xunshare":
		return build(dir, which)
	case "tree":
		return fetchTree(dir, which)
	case "rule":
		return fetchEmulator(dir, which)
	case "debian":
		return fetchDebian(dir, which)
	case "site":
		return makeSite(dir)
	case "picture":
		return makePicture(dir)
	case "arm64-tests":
		return buildTests(dir, which)
	case "builds":
		return fetchBuildTree(dir, which)
	case "python":
		return fetchPython(dir, which)
	case "rust":
		return fetchRust(dir, which)
	case "libc":
		return fetchGuests(dir)
	case "unreadable":
		return unreadable(dir)
	case "source":
		return fetchSource(dir)
	case "packages":
		return makePackages(dir)
	}
	return fmt.Errorf("there is no rule for it in makeThing")
}

// copyOwned copies files to a folder in dir. Who runs the tests owns the copies, as the user of a
// tree does.
func copyOwned(to string, from ...string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := command("cp", append(append([]string{"-a"}, from...), to)...).Run(); err != nil {
		return err
	}
	if os.Getuid() != 0 || os.Getenv(asuser.KeepRoot) != "" {
		return nil
	}
	return command("chown", "-R", fmt.Sprintf("%d:%d", asuser.ID, asuser.ID), to).Run()
}

// build makes the binary that make build makes, for this machine or for an architecture by Go's
// name, with coverage counters where a folder for them is given.
func build(dir, arch string) error {
	if file := os.Getenv("XUNSHARE_TEST_BINARY"); file != "" && arch == "" { // in a virtual machine, which has no compiler
		return os.Symlink(file, dir+"/xunshare")
	}
	args := []string{"-s", "-C", "..", "build", "BIN=" + dir + "/xunshare"}
	switch {
	case arch != "":
		args[len(args)-1] += "-" + arch
		args = append(args, "GOARCH="+arch)
	case os.Getenv("GOCOVERDIR") != "":
		args = append(args, "BUILDFLAGS=-cover -coverpkg=./...")
	}
	return command("make", args...).Run()
}

func fetchTree(dir, arch string) error {
	tree, err := script("get-tree", arch)
	if err != nil {
		return err
	}
	return copyOwned(dir+"/trees/"+arch, tree)
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
	cmd := asuser.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd
}

// dir is the folder for what the tests ask for.
func dir() string { return os.Getenv(asuser.Dir) }

// made is the path of a thing in dir, made now if nobody has asked for it before. Accessors without
// a test to fail panic instead: what they name is what most tests need.
func made(thing, path string) string {
	if err := asuser.Ask(thing); err != nil {
		panic(err)
	}
	return filepath.Join(dir(), path)
}

func binary() string { return made("xunshare", "xunshare") }

// tree is a tree of an architecture; there is an emulator for it, too, where it needs one.
func tree(arch string) string {
	if a, foreign := arches[strings.TrimPrefix(arch, musl(""))]; foreign {
		made("rule/"+a.target, "")
	}
	return made("tree/"+arch, "trees/"+arch)
}

// read is the text of a thing in dir that is a file.
func read(t *testing.T, thing, file string) string {
	t.Helper()
	if err := asuser.Ask(thing); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir(), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rule is the rule for an architecture, with flags and the host's emulator.
func rule(t *testing.T, arch string) string {
	t.Helper()
	target := arches[arch].target
	return read(t, "rule/"+target, "rule-"+target)
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

// unsealed is the result without the notes about layers that are read-only, for tests of other
// things (TestSealedLayers).
func (r result) unsealed() result {
	var b strings.Builder
	for line := range strings.Lines(r.err) {
		if !strings.Contains(line, isSealed) {
			b.WriteString(line)
		}
	}
	r.err = b.String()
	return r
}

const isSealed = " is read-only inside, because "

// want fails the test unless the run ended well and printed exactly that.
func (r result) want(t *testing.T, out string) {
	t.Helper()
	r = r.unsealed()
	if r.status != 0 || r.err != "" || r.out != out {
		t.Errorf("status %d, stderr %q\nprinted %q\nwant    %q", r.status, r.err, r.out, out)
	}
}

// words splits a command line of test tables.
func words(line string) []string { return strings.Fields(line) }
