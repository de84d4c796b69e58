package asuser

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const helper = "XUNSHARE_TEST_HELPER"

// A command ends with the process that has started it, which is killed here, and so does what the
// command has started.
func TestCommandEnds(t *testing.T) {
	if os.Getenv(helper) != "" {
		cmd := Command("sh", "-c", "sleep 1000 & echo $$ $!; wait")
		cmd.Stdout = os.Stdout
		t.Fatal(cmd.Run())
	}
	self := exec.Command("/proc/self/exe", "-test.run=^TestCommandEnds$")
	self.Env = append(os.Environ(), helper+"=1", Dir+"="+t.TempDir())
	out, err := self.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	self.Process.Kill()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(line) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); lives(pid); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d lives", pid)
			}
		}
	}
	self.Wait()
}

// lives tells whether there is a process that is no zombie.
func lives(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

// Otherwise it is as any command.
func TestCommand(t *testing.T) {
	cmd := Command("sh", "-c", `cat; echo "$1"; test -e /proc/self/fd/3 || echo closed; exit 7`, "sh", "two  words")
	cmd.Stdin = strings.NewReader("in\n")
	out, err := cmd.Output()
	exit, ok := err.(*exec.ExitError)
	if !ok || exit.ExitCode() != 7 || string(out) != "in\ntwo  words\nclosed\n" {
		t.Errorf("%v: %q", err, out)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); err == nil {
		t.Error("something of it is left")
	}
}
