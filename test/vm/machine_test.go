package vm

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

// machine is a virtual machine that has run all cases and was switched off.
type machine struct {
	suite   string // whose kernel it has
	console string // what it printed
	release string // of its kernel
	results map[string]result
}

// result is what a case did.
type result struct {
	output string
	left   string // a line for each change of the state that testdata/init watches
	exit   int
}

// patience is how long the virtual machine may take. It needs about 15 seconds.
const patience = 8 * time.Minute

// boot runs the virtual machine, without the help of the processor, which most CI does not let its
// users have.
func boot(t *testing.T, kernel string) *machine {
	dir := filepath.Join(os.Getenv(asuser.Dir), kernel)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// At loglevel 1 the kernel says why it panics and nothing else.
	out, err := exec.CommandContext(ctx, qemu, "-accel", "tcg", "-cpu", "max", "-m", "512", "-nic", "none",
		"-nographic", "-no-reboot",
		"-kernel", filepath.Join(dir, "vmlinuz"), "-initrd", filepath.Join(dir, "initramfs"),
		"-append", "console=ttyS0 panic=-1 loglevel=1").CombinedOutput()
	m := parse(kernel, strings.ReplaceAll(string(out), "\r\n", "\n"))
	if err != nil || !strings.Contains(m.console, "\n== end\n") {
		t.Fatalf("%s: %v\n%s", qemu, err, m.console)
	}
	return m
}

// parse finds what testdata/init printed.
func parse(suite, console string) *machine {
	m := &machine{suite: suite, console: console, results: map[string]result{}}
	head, cases, _ := strings.Cut(console, "\n== case ")
	_, m.release, _ = strings.Cut(head, "\n== kernel ")
	for _, text := range strings.Split(cases, "\n== case ") {
		var r result
		name, text, _ := strings.Cut(text, "\n")
		r.output, text, _ = strings.Cut(text, "== left\n")
		r.left, text, _ = strings.Cut(text, "== exit ")
		status, _, _ := strings.Cut(text, "\n")
		var err error
		if r.exit, err = strconv.Atoi(status); err == nil {
			m.results[name] = r
		}
	}
	return m
}

// ownRules tells whether the kernel gives each user namespace rules of its own.
func (m *machine) ownRules() bool { return m.since(6, 7) }

// since tells whether the kernel is that release or a newer one.
func (m *machine) since(major, minor int) bool { return binfmt.ReleaseSince(m.release, major, minor) }
