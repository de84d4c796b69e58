package test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tracing runs a script where xunshare follows the rule for arm64, whose busybox is $B.
func tracing(t *testing.T, options, script string) *exec.Cmd {
	t.Helper()
	args := append([]string{"--binfmt=trace", "--arch=arm64"}, words(options)...)
	cmd := exec.Command(binary(), append(args, "sh", "-c", script)...)
	cmd.Env = append(os.Environ(), "B="+tree("arm64")+"/bin/busybox")
	return cmd
}

// What is stopped while it executes a program goes on when it is continued: the program, its group,
// and xunshare itself.
func TestTracedStops(t *testing.T) {
	for _, who := range []string{"group", "program", "xunshare"} {
		cmd := tracing(t, "", "i=0; while [ $i -lt 40 ]; do $B true || exit 1; i=$((i+1)); done; echo over")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			cmd.Wait()
		}()
		stop := map[string]func(){
			"group":    func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGSTOP) },
			"xunshare": func() { cmd.Process.Signal(syscall.SIGSTOP) },
			"program":  func() { _ = exec.Command("pkill", "-STOP", "-P", fmt.Sprint(cmd.Process.Pid)).Run() },
		}[who]
		for going := true; going; {
			select {
			case <-over:
				going = false
			case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
				stop()
				time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
				syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT)
			}
		}
		if status := cmd.ProcessState.ExitCode(); status != 0 || out.String() != "over\n" {
			t.Errorf("%s: status %d, %q", who, status, out.String())
		}
	}
}

// Many at once are served one after the other, and nobody waits for somebody else's.
func TestTracedStorm(t *testing.T) {
	script := "i=0; while [ $i -lt 200 ]; do $B echo $i & i=$((i+1)); done; wait; i=0; while [ $i -lt 10000 ]; do (:) & i=$((i+1)); [ $((i % 100)) != 0 ] || wait; done; wait"
	r := finish(t, tracing(t, "", script))
	if lines := strings.Fields(r.out); r.status != 0 || r.err != "" || len(lines) != 200 {
		t.Errorf("status %d, %d lines, %s", r.status, len(lines), r.err)
	}
}

// A signal that ends the program ends it while it executes another, and what ends xunshare leaves
// nothing.
func TestTracedKilled(t *testing.T) {
	mark := fmt.Sprintf("7%d.25", os.Getpid()) // seconds that nobody else sleeps
	for i := range 60 {
		options := [...]string{"", "-rpf --mount-proc --init", "-rpf"}[i%3]
		cmd := tracing(t, options, "while :; do $B true; $B sleep "+mark+" & sleep 0.01; done")
		if options == "" {
			cmd = tracing(t, options, "exec $B sleep "+mark)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * time.Millisecond)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
	}
	eventually(t, "an end of all that was killed", func() bool {
		return exec.Command("pgrep", "-f", mark).Run() != nil
	})
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		cmd := tracing(t, "", "echo ready; while :; do $B true; done")
		in, out := pipes(t, cmd)
		defer in.Close()
		out.expect("ready\n")
		time.Sleep(10 * time.Millisecond)
		cmd.Process.Signal(sig)
		cmd.Wait()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != sig {
			t.Errorf("%v: %v", sig, cmd.ProcessState)
		}
	}
}

// What ends while it executes a program has ended for its parent, too, and nobody is told that it
// could not be traced.
func TestTracedEndsMeanwhile(t *testing.T) {
	caller := compiled(t, "caller")
	for _, how := range []string{"killed", "leaving"} {
		r := finish(t, tracing(t, "", caller+" "+how+" $B true"))
		if r.status != 0 || r.out != "all have ended\n" || r.err != "" {
			t.Errorf("%s: %+v", how, r)
		}
	}
}
