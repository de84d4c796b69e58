package test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// With --no-init the tree's own init is process 1, and hears what is sent to xunshare.
func TestNoInit(t *testing.T) {
	root := copyTree(t)
	os.Remove(root + "/sbin/init")
	os.Mkdir(root+"/sbin", 0o755)
	script := "#!/bin/sh\ntrap 'echo got it; exit 5' TERM\necho $$ $container\nsleep 1000 & wait\n"
	if err := os.WriteFile(root+"/sbin/init", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary(), "--into="+root, "--no-init", "/sbin/init")
	in, out := pipes(t, cmd)
	defer in.Close()
	out.expect("1 xunshare\n")
	cmd.Process.Signal(unix.SIGTERM)
	out.expect("got it\n")
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 5 {
		t.Errorf("status %d", code)
	}
	into(t, root, "--no-init --init", "echo $$").want(t, "2\n")
}

// A signal that process 1 does not handle ends it, and is no switching off. A shell would not do:
// it handles SIGINT, by sending it to itself without a handler, which the kernel drops for a
// process 1.
func TestNoInitDiesBySignal(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGINT, unix.SIGHUP} {
		cmd := exec.Command(binary(), "--into="+tree(native), "--no-init", "yes", "ready")
		_, out := pipes(t, cmd)
		out.expect("ready\n")
		cmd.Process.Signal(sig)
		cmd.Wait()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != sig {
			t.Errorf("%v: xunshare ended with %v", sig, cmd.ProcessState)
		}
	}
}

// Who switches the system off, or starts it anew, gets the end that was asked for.
func TestPowerOff(t *testing.T) {
	for _, options := range []string{"--no-init", "--init"} {
		for _, command := range []string{"poweroff", "halt", "reboot"} {
			into(t, tree(native), options, "echo bye; busybox "+command+" -f; sleep 100").want(t, "bye\n")
		}
	}
}
