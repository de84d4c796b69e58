package vm

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

// machine is a virtual machine that has run its cases and was switched off.
type machine struct {
	*boot
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

// A run is what a virtual machine does.
type run struct {
	cases    string // the folder of their scripts
	initrd   string // with which it starts
	memory   string
	patience time.Duration // how long it may take
}

// start runs the machine, without the help of the processor, which most CI does not let its users
// have.
func (b *boot) start(t *testing.T, r run) *machine {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience)
	defer cancel()
	args := b.command(os.Getenv(asuser.Dir), r)
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	m := parse(b, strings.ReplaceAll(string(out), "\r\n", "\n"))
	if err != nil || !strings.Contains(m.console, "\n== end\n") {
		t.Fatalf("%s: %v\n%s", args[0], err, m.console)
	}
	return m
}

// parse finds what testdata/init printed.
func parse(b *boot, console string) *machine {
	m := &machine{boot: b, console: console, results: map[string]result{}}
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
