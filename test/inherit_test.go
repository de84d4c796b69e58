package test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What the target inherits is what it would have inherited without xunshare: each line is run in a
// shell with and without it ($X), and has to print the same.
func TestTargetInherits(t *testing.T) {
	for name, line := range map[string]string{
		"open files":         `ulimit -Sn 77; $X sh -c 'ulimit -Sn; ulimit -Hn'`,
		"open files at most": `ulimit -n 300; $X sh -c 'ulimit -Sn; ulimit -Hn'`,
		"other limits":       `ulimit -c 0 -s 1234; $X cat /proc/self/limits`,
		"umask":              `umask 027; $X sh -c umask`,
		"working directory":  `cd /usr/lib; $X pwd`,
		"environment":        `env -i A=1 B="two words" C= $X env`,
		"no environment":     `env -i $X /usr/bin/env`,
		"odd arguments":      "$X printf '%s|' '' ' ' a\\\nb \"\" -- -x",
		"descriptors":        `exec 7</etc/passwd 9</; $X readlink /proc/self/fd/7 /proc/self/fd/9; $X sh -c 'ls /proc/self/fd | grep -c .'`,
		"closed error":       `$X sh -c 'ls /proc/self/fd | grep -cx 2' 2>&-`,
		"closed input":       `$X sh -c 'readlink /proc/self/fd/0' <&-; echo $?`,
		"ignored hangup":     `trap '' HUP; $X grep Sig[IB] /proc/self/status`,
		"ignored interrupt":  `trap '' INT; $X grep Sig[IB] /proc/self/status`,
		"ignored many":       `trap '' TERM QUIT PIPE USR1 CHLD TSTP; $X grep Sig[IB] /proc/self/status`,
		"no signals":         `$X grep Sig[IBP] /proc/self/status`,
		"priority":           `nice -n 5 $X nice`,
		"session":            `$X sh -c 'ps -o pgid=,sid= -p $$'`,
		"standard input":     `echo hello | $X cat`,
		"exit status":        `$X sh -c 'exit 42'; echo $?`,
		"death by a signal":  `sh -c "ulimit -c 0; $X sh -c 'kill -QUIT \$\$'" >/dev/null 2>&1; echo $?`,
	} {
		t.Run(name, func(t *testing.T) {
			without := shell(line, "X=")
			for _, options := range []string{"-c", "-cf", "-cm"} {
				if with := shell(line, "X="+binary()+" "+options); with != without {
					t.Errorf("with xunshare %s:\n%s\nwithout:\n%s", options, with, without)
				}
			}
		})
	}
}

func shell(line string, env ...string) string {
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = append(os.Environ(), env...)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// The environment is the caller's, whatever is in it, though the Go runtime is given another one;
// and so are the arguments, however many there are.
func TestEnvironmentIsInherited(t *testing.T) {
	const python = `import ctypes, os, sys
libc = ctypes.CDLL(None)
def array(words): return (ctypes.c_char_p * (len(words) + 1))(*words, None)
odd = [b"GOMAXPROCS=7", b"no equals sign", b"A=1", b"A=2", b"=x", b"", b"G", b"GO", b"PWD", b"PWD=/nosuch", b"B=\xff\n", b"GOFOO=1"]
programs = [w.encode() for w in sys.argv[2:]]
libc.execve(programs[0], array(programs + [b"/usr/bin/python3", b"-c", b"import sys; print(open('/proc/self/environ', 'rb').read(), len(sys.argv), sys.argv[-1])"] +
	[b"x" + str(i).encode() for i in range(int(sys.argv[1]))]), array(odd))`
	for _, count := range []string{"0", "1", "5000", "9000", "60000"} {
		want := finish(t, exec.Command("python3", "-c", python, count, "/usr/bin/env"))
		if want.status != 0 || !strings.Contains(want.out, "no equals sign") {
			t.Fatalf("%+v", want)
		}
		for _, options := range []string{"-c", "-cf"} {
			finish(t, exec.Command("python3", "-c", python, count, binary(), options)).want(t, want.out)
		}
	}
}

// The program has the caller's timer slack, whatever the Go runtime's monitor has; and so have its
// timers.
func TestTimerSlack(t *testing.T) {
	const python = `import ctypes, os, sys
ctypes.CDLL(None).prctl(29, int(sys.argv[1]))
os.execvp(sys.argv[2], sys.argv[2:])`
	for _, slack := range []string{"1", "50000", "123456", "60000000"} {
		for _, options := range []string{"-c", "-cf", "-rpf --mount-proc --init", "--into=" + tree(native)} {
			args := append([]string{"-c", python, slack, binary()}, words(options)...)
			finish(t, exec.Command("python3", append(args, "cat", "/proc/self/timerslack_ns")...)).want(t, slack+"\n")
		}
	}
}

// A signal that the caller blocks stays blocked.
func TestSignalMask(t *testing.T) {
	const python = `import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD])
os.execvp(sys.argv[1], sys.argv[1:])`
	for _, options := range []string{"-c", "-cf"} {
		r := finish(t, exec.Command("python3", "-c", python, binary(), options, "grep", "SigBlk", "/proc/self/status"))
		r.want(t, "SigBlk:\t0000000000014801\n")
	}
}

// A signal that the Go runtime sends itself, to preempt (SIGURG), would be left pending for a
// target that is executed in place and whose caller blocks it. It does not send any: the linker has
// set that.
func TestNoPreemptionBySignal(t *testing.T) {
	text, err := os.ReadFile(binary())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("asyncpreemptoff=1")) {
		t.Error("the binary has no default asyncpreemptoff=1: see LDFLAGS in the Makefile")
	}
}

// The program starts as one of few allocations: each costs a page fault or two. So does each
// package that has anything to initialise: of ours one asks what the caller gave, and one binds the
// main thread.
func TestStartUpAllocations(t *testing.T) {
	cmd := exec.Command(binary(), "--version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	r := finish(t, cmd)
	total, packages := 0, 0
	for _, line := range strings.Split(r.err, "\n") {
		if f := words(line); len(f) > 2 && f[0] == "init" {
			total += number(f[len(f)-2])
			if strings.HasPrefix(f[1], "github.com/xunshare/") && f[1] != "github.com/xunshare/xunshare/internal/caller" {
				t.Errorf("%s has something to initialise", f[1])
			}
			packages++
		}
	}
	t.Logf("%d allocations in %d packages", total, packages)
	if packages == 0 || total >= 150 {
		t.Errorf("%d packages make %d allocations when they are initialised: under 150 were promised\n%s", packages, total, r.err)
	}
}

func number(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}
