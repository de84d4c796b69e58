package vm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

// tested are the packages whose tests run in the virtual machines of other architectures than this
// one, and which of the tests: of what is written for the architecture, and what needs no compiler.
var tested = []struct{ dir, tests string }{
	{"internal/caller", "TestLastWords|TestWriteOrSay|TestNumbers$"},
	{"internal/machine", "."},
	{"internal/supervise", "."},
	{"internal/trace", "."},
	{"internal/verb", "."},
	{"test", "TestKeys|TestStopAndContinue|TestJobControlInside|TestSenders|TestSignalsByHand|TestTerminalChanges"},
}

// goCases run them.
func goCases() (list []testCase) {
	for _, p := range tested {
		name := filepath.Base(p.dir)
		list = append(list, testCase{"go-" + name, "cd /go/" + name + "; PATH=$PATH:/usr/sbin XUNSHARE_TEST_BINARY=/bin/xunshare ./" + name + ".test -test.v '-test.run=" + p.tests + "'", passes})
	}
	return list
}

func passes(t *testing.T, _ *machine, got result) {
	if got.exit != 0 || !strings.Contains(got.output, "\n--- PASS: ") {
		t.Errorf("exit %d: %s", got.exit, got.output)
	}
}

// The tests of what depends on the architecture run on a kernel of each other one.
func TestOtherHosts(t *testing.T) {
	if !full() {
		return
	}
	if reason := lacking(); reason != "" {
		asuser.Skip(t, reason)
	}
	for _, b := range boots() {
		if b.isThisMachine() {
			continue
		}
		t.Run(b.name(), func(t *testing.T) {
			t.Parallel()
			dir := os.Getenv(asuser.Dir)
			m := b.start(t, run{"go-cases", goFile(dir, b.host), "1536", time.Hour})
			t.Log("Linux", m.release)
			for _, c := range goCases() {
				t.Run(c.name, func(t *testing.T) { m.judge(t, c) })
			}
		})
	}
}

// goFile is the archive that these machines of a host start with.
func goFile(dir string, h *host) string { return filepath.Join(dir, "go-"+h.arch) }

// prepareGo builds the tests. They have a Debian system around them, whose shells and messages they
// expect; busybox is for init.
func prepareGo(dir string, h *host) error {
	a := &archive{}
	a.tree("", a.output(firstStage(dir, h.arch)))
	a.copy("usr/bin/busybox", filepath.Join(a.output(script("get-tree", h.arch)), "bin/busybox"))
	a.copy("usr/bin/xunshare", builtFor(dir, binfmt.FindArch(h.arch).Go))
	a.copy("init", "testdata/init")
	a.add("etc/passwd", regular|0o644, []byte("root:x:0:0::/:/bin/sh\n"))
	a.add("mnt", directory|0o755, nil)
	a.cases("go-cases", goCases())
	a.add("go", directory|0o755, nil)
	for _, p := range tested {
		name := filepath.Base(p.dir)
		file := filepath.Join(dir, name+".test")
		build := asuser.Command("go", "test", "-c", "-ldflags=-s -w", "-o", file, "./"+p.dir)
		build.Dir = project
		build.Env = append(os.Environ(), "GOARCH="+binfmt.FindArch(h.arch).Go)
		a.output(build)
		a.add("go/"+name, directory|0o755, nil)
		a.copy("go/"+name+"/"+name+".test", file)
	}
	a.end()
	if a.err != nil {
		return a.err
	}
	return os.WriteFile(goFile(dir, h), a.Bytes(), 0o644)
}
