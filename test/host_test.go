package test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The assembly for arm64 runs in an emulator, which makes no namespaces: a launch in place, and one
// with a child. The target is this machine's.
func TestArm64Host(t *testing.T) {
	slack := finish(t, exec.Command("cat", "/proc/self/timerslack_ns")).out
	host := []string{"-0", "xunshare", made("xunshare/arm64", "xunshare-arm64")}
	launch := func(words ...string) *exec.Cmd {
		cmd := exec.Command(emulator(t, "arm64"), append(host, words...)...)
		cmd.Env = []string{"PATH=/usr/bin:/bin", "GOX=1", "A=1", "PWD=/nosuch"}
		return cmd
	}
	for _, options := range []string{"--", "-f"} {
		got := finish(t, launch(options, "env"))
		if got.status != 0 || got.err != "" || !sameLines(got.out, "PATH=/usr/bin:/bin\nGOX=1\nA=1\nPWD=/nosuch\n") {
			t.Errorf("%s: the environment: %+v", options, got)
		}
		finish(t, exec.Command("prlimit", append([]string{"--nofile=40:50", emulator(t, "arm64")}, append(host, options,
			"sh", "-c", "ulimit -Sn; ulimit -Hn; cat /proc/self/timerslack_ns")...)...)).want(t, "40\n50\n"+slack)
		// What the suite itself was started with stays ignored as well.
		ignoring := func(words ...string) *exec.Cmd {
			words = append([]string{"-c", `trap "" HUP USR2; exec "$@"`, "sh"}, words...)
			return exec.Command("sh", append(words, "grep", "SigIgn", "/proc/self/status")...)
		}
		here := finish(t, ignoring()).out
		finish(t, ignoring(append([]string{emulator(t, "arm64")}, append(host, options)...)...)).want(t, here)
	}
	cmd := launch("-f", "--forward-signals", "sh", "-c", "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.1; done")
	in, out := pipes(t, cmd)
	defer in.Close()
	out.expect("ready\n")
	cmd.Process.Signal(unix.SIGTERM)
	out.expect("got it\n")
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 5 {
		t.Errorf("status %d", code)
	}
}

// buildTests builds the tests of a package for arm64.
func buildTests(dir, name string) error {
	cmd := command("go", "test", "-c", "-o", dir+"/"+name+"-arm64.test", "../internal/"+name)
	cmd.Env = append(os.Environ(), "GOARCH=arm64")
	return cmd.Run()
}

// The instructions for arm64 that look for native programs run in an emulator, too.
func TestArm64LookUp(t *testing.T) {
	tests := made("arm64-tests/emulator", "emulator-arm64.test")
	cmd := exec.Command(binary(), "--arch=arm64", tests, "-test.run=^TestLookUp$", "-test.v")
	cmd.Dir = "../internal/emulator"
	if r := finish(t, cmd); r.status != 0 || strings.Count(r.out, "    --- PASS: TestLookUp/") < 15 || strings.Contains(r.out, "SKIP") {
		t.Errorf("%+v", r)
	}
}

// sameLines tells whether two texts have the same lines in any order: an emulator may turn the
// environment round.
func sameLines(a, b string) bool {
	count := func(text string) map[string]int {
		lines := map[string]int{}
		for line := range strings.Lines(text) {
			lines[line]++
		}
		return lines
	}
	in := count(a)
	for line, n := range count(b) {
		if in[line] != n {
			return false
		}
	}
	return bytes.Count([]byte(a), []byte("\n")) == bytes.Count([]byte(b), []byte("\n"))
}
