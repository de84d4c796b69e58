package binfmt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary is its own child: as an ordinary user, and as that inside a user and a mount namespace.
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

// reply is what the kernel made of one rule.
type reply struct {
	Errno syscall.Errno
	Entry []byte // the file that stands for the rule
}

// answer mounts an instance, writes each rule of standard input into it and prints the replies.
func answer() int {
	dir, err := os.MkdirTemp("", "binfmt")
	if err == nil {
		defer os.Remove(dir)
		err = unix.Mount("binfmt_misc", dir, "binfmt_misc", 0, "")
	}
	var rules [][]byte
	if err == nil {
		defer unix.Unmount(dir, 0)
		err = json.NewDecoder(os.Stdin).Decode(&rules)
	}
	var replies []reply
	for _, rule := range rules {
		replies = append(replies, register1(dir, rule))
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(replies)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "binfmt_misc:", err)
		return 1
	}
	return 0
}

// register1 writes one rule, reads what it became and removes it.
func register1(dir string, rule []byte) (r reply) {
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
		if e.Name() != "register" && e.Name() != "status" {
			r.Entry, _ = os.ReadFile(filepath.Join(dir, e.Name()))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "status"), []byte("-1"), 0); err != nil {
		r.Entry = []byte(err.Error())
	}
	return r
}

// askKernel returns the kernel's replies to rules. It skips the test if this kernel lets no user have an instance.
func askKernel(t *testing.T, rules []string) []reply {
	t.Helper()
	cmd := stage("user")
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1000, Gid: 1000}}
		cmd.Env = append(cmd.Env, "TMPDIR=/tmp")
	}
	var in [][]byte
	for _, r := range rules {
		in = append(in, []byte(r))
	}
	text, _ := json.Marshal(in)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		cannot(t, fmt.Sprintf("%v: %s", err, stderr.Bytes()))
	}
	var replies []reply
	if err := json.Unmarshal(stdout.Bytes(), &replies); err != nil || len(replies) != len(rules) {
		t.Fatalf("%d replies to %d rules, %v: %s", len(replies), len(rules), err, stderr.Bytes())
	}
	return replies
}

func cannot(t *testing.T, reason string) {
	t.Helper()
	var u unix.Utsname
	unix.Uname(&u)
	reason = fmt.Sprintf("no binfmt_misc in a user namespace on Linux %s (6.7 has it): %s",
		unix.ByteSliceToString(u.Release[:]), reason)
	if os.Getenv("XUNSHARE_MUST_RUN") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// refused reports whether the kernel refused the text. Errors from opening the emulator (flag F) come later.
func (r reply) refused() bool {
	return r.Errno == syscall.EINVAL || r.Errno == syscall.ENAMETOOLONG || r.Errno == syscall.EEXIST
}

// entry is the text that the kernel shows for a rule.
func entry(r *Rule) string {
	flags := ""
	for _, f := range "POCF" {
		if r.Has(byte(f)) || f == 'O' && r.Has('C') {
			flags += string(f)
		}
	}
	s := "enabled\ninterpreter " + r.Interpreter + "\nflags: " + flags + "\n"
	if r.Type == 'E' {
		return s + "extension ." + r.Extension + "\n"
	}
	s += fmt.Sprintf("offset %d\nmagic %x", r.Offset, r.Magic)
	if r.Mask != nil {
		s += fmt.Sprintf("\nmask %x", r.Mask)
	}
	return s + "\n"
}

func TestKernelAgrees(t *testing.T) {
	var rules []string
	for _, c := range ruleCases {
		rules = append(rules, c.rule)
	}
	for i, r := range askKernel(t, rules) {
		c := ruleCases[i]
		if c.rule == "" {
			continue // write(2) of nothing does nothing
		}
		parsed, err := Parse(c.rule)
		switch agree := r.refused() == (err != nil); {
		case c.kernel == either:
			t.Logf("%q: kernel %v, we %v (%s)", c.rule, r.Errno, err, c.why)
		case agree != (c.kernel == same):
			t.Errorf("%q: kernel %v, we %v (%s)", c.rule, r.Errno, err, c.why)
		case err == nil && r.Errno == 0:
			compareEntry(t, c.rule, parsed, r)
		}
	}
}

func compareEntry(t *testing.T, rule string, parsed *Rule, r reply) {
	t.Helper()
	if want := entry(parsed); string(r.Entry) != want {
		t.Errorf("%q: the kernel read\n%q\nwe read\n%q", rule, r.Entry, want)
	}
}

// The kernel takes every built-in rule, and what is written of a rule built from fields is what it reads.
func TestKernelTakesBuiltRules(t *testing.T) {
	var rules []*Rule
	var texts []string
	for i := range arches {
		rules = append(rules, arches[i].Rules("/bin/true", "OC")...)
	}
	rules = append(rules, &Rule{Name: "a:b|c", Type: 'M', Offset: 200, Magic: []byte(":,\\x41\n"), Interpreter: "/a;b"},
		&Rule{Name: "E", Type: 'E', Extension: "x:y", Interpreter: "e,", Flags: "P"})
	for _, r := range rules {
		texts = append(texts, r.String())
	}
	for i, r := range askKernel(t, texts) {
		if r.Errno != 0 {
			t.Errorf("%s: %v", texts[i], r.Errno)
			continue
		}
		compareEntry(t, texts[i], rules[i], r)
	}
}

// Rules that were damaged at random, always the same ones: the kernel and Parse agree on each, and read the same.
func TestKernelAgreesOnDamage(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var rules []string
	for len(rules) < 4000 {
		c := ruleCases[random.Intn(len(ruleCases))]
		// The deliberate differences, and long rules, which all fail in the same way, are of no use here.
		if rule := damage(random, c.rule); c.kernel == same && len(rule) < 300 && rule != "" && !differs(rule) {
			rules = append(rules, rule)
		}
	}
	accepted := 0
	for i, r := range askKernel(t, rules) {
		parsed, err := Parse(rules[i])
		if r.refused() != (err != nil) {
			t.Errorf("%q: kernel %v, we %v", rules[i], r.Errno, err)
		} else if err == nil && r.Errno == 0 {
			compareEntry(t, rules[i], parsed, r)
			accepted++
		}
	}
	if accepted < len(rules)/10 {
		t.Errorf("only %d of %d rules were accepted: they test little", accepted, len(rules))
	}
}

// differs reports whether a rule would be accepted for a flag that this kernel may not know, or has a delimiter
// that is refused with good reason.
func differs(rule string) bool {
	r, err := Parse(rule)
	return err == nil && strings.Trim(r.Flags, "POCF") != "" || strings.IndexByte("\nPOCFTLD", rule[0]) >= 0
}

// damage changes one to three places.
func damage(random *rand.Rand, s string) string {
	const spice = `::::\\xx0a1fMEPOCFz/.+-` + "\n,"
	for n := 1 + random.Intn(3); n > 0 && s != ""; n-- {
		i, c := random.Intn(len(s)), spice[random.Intn(len(spice))]
		switch random.Intn(4) {
		case 0:
			s = s[:i] + s[i+1:]
		case 1:
			s = s[:i] + string([]byte{c}) + s[i:]
		case 2:
			s = s[:i] + string([]byte{c}) + s[i+1:]
		case 3: // another delimiter
			s = strings.ReplaceAll(s, s[:1], string([]byte{c}))
		}
	}
	return s
}
