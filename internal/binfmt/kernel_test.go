package binfmt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// The test binary is its own child: as an ordinary user, and as that inside a user and a mount
// namespace.
const stageVariable = "XUNSHARE_BINFMT_TEST_STAGE"

func TestMain(m *testing.M) {
	switch os.Getenv(stageVariable) {
	case "user":
		os.Exit(runInNamespace())
	case "namespace":
		os.Exit(answer())
	}
	os.Exit(m.Run())
}

// runInNamespace runs the stage "namespace" in namespaces that an ordinary user makes.
func runInNamespace() int {
	cmd := stage("namespace")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func stage(name string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), stageVariable+"="+name)
	return cmd
}

// question is a rule for the kernel.
type question struct {
	Rule []byte
	Keep bool // leave it and those before it in the instance
}

// reply is what the kernel made of one rule.
type reply struct {
	Errno syscall.Errno
	Entry []byte // the file that stands for the rule
}

// answer mounts an instance and answers the questions of standard input one by one, until it ends.
func answer() int {
	dir, err := os.MkdirTemp("", "binfmt")
	if err == nil {
		defer os.Remove(dir)
		err = unix.Mount("binfmt_misc", dir, "binfmt_misc", 0, "")
	}
	if err == nil {
		defer unix.Unmount(dir, 0)
		err = answerAll(dir, json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "binfmt_misc:", err)
		return 1
	}
	return 0
}

func answerAll(dir string, in *json.Decoder, out *json.Encoder) error {
	seen := map[string]bool{"register": true, "status": true}
	for {
		var q question
		if err := in.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		r := register1(dir, q.Rule, seen)
		if !q.Keep {
			if err := os.WriteFile(filepath.Join(dir, "status"), []byte("-1"), 0); err != nil {
				return err
			}
			clear(seen)
			seen["register"], seen["status"] = true, true
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}

// register1 writes one rule and reads what it became: the entry that is not among those seen.
func register1(dir string, rule []byte, seen map[string]bool) (r reply) {
	fd, err := unix.Open(filepath.Join(dir, "register"), unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(fd, rule)
		unix.Close(fd)
	}
	if err != nil {
		errors.As(err, &r.Errno)
		return r
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !seen[e.Name()] {
			seen[e.Name()] = true
			r.Entry, _ = os.ReadFile(filepath.Join(dir, e.Name()))
		}
	}
	return r
}

// kernel answers questions, by a child that has an instance.
type kernel struct {
	cmd    *exec.Cmd
	in     *json.Encoder
	out    *json.Decoder
	stderr bytes.Buffer
}

// startKernel starts the child as an ordinary user. It goes when this process does, at the end of
// its standard input.
func startKernel() (*kernel, io.Closer, error) {
	k := &kernel{cmd: stage("user")}
	if os.Getuid() == 0 {
		k.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1000, Gid: 1000}}
		k.cmd.Env = append(k.cmd.Env, "TMPDIR=/tmp")
	}
	stdin, err := k.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := k.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	k.cmd.Stderr = &k.stderr
	k.in, k.out = json.NewEncoder(stdin), json.NewDecoder(stdout)
	return k, stdin, k.cmd.Start()
}

func (k *kernel) ask(q question) (r reply, err error) {
	if err = k.in.Encode(q); err == nil {
		err = k.out.Decode(&r)
	}
	return r, err
}

// askKernel returns the kernel's replies to rules. It skips the test if this kernel lets no user
// have an instance.
func askKernel(t *testing.T, rules []string) []reply { return askKernelTo(t, rules, false) }

// askKernelTo keeps all rules until the last is there, or only one at a time.
func askKernelTo(t *testing.T, rules []string, keep bool) (replies []reply) {
	t.Helper()
	k, stdin, err := startKernel()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	for _, rule := range rules {
		r, err := k.ask(question{[]byte(rule), keep})
		if err != nil {
			failed = err
			break
		}
		replies = append(replies, r)
	}
	stdin.Close()
	if err := k.cmd.Wait(); err != nil && len(replies) == 0 {
		cannot(t, fmt.Sprintf("%v: %s", err, k.stderr.Bytes()))
	}
	if failed != nil {
		t.Fatalf("%d replies to %d rules, %v: %s", len(replies), len(rules), failed, k.stderr.Bytes())
	}
	return replies
}

func cannot(t *testing.T, reason string) {
	t.Helper()
	var u unix.Utsname
	unix.Uname(&u)
	reason = fmt.Sprintf("no binfmt_misc in a user namespace on Linux %s (6.7 has it): %s",
		unix.ByteSliceToString(u.Release[:]), reason)
	asuser.Skip(t, reason)
}
