package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// kitty is a terminal that no system knows, with a number that old ones cannot read.
const kitty = `xterm-kittx|a terminal,
	am, colors#256, pairs#0x10000, clear=\E[H\E[2J, cuu1=\E[A, kxIN=\E[I,
`

// compileTerminal puts its description where the caller's programs find it.
func compileTerminal(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	cmd := exec.Command("tic", "-x", "-o", home+"/.terminfo", "-")
	cmd.Stdin = strings.NewReader(kitty)
	if _, err := exec.LookPath("tic"); err != nil {
		asuser.Skip(t, "there is no tic")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tic: %v: %s", err, out)
	}
	return home
}

// A terminal that a tree does not know is shown to it, or another is named that it knows.
func TestTerminal(t *testing.T) {
	home := compileTerminal(t)
	bare, known := copyTree(t), copyTree(t)
	for _, file := range []string{"x/xterm", "73/screen"} {
		os.MkdirAll(filepath.Dir(bare+"/lib/terminfo/"+file), 0o755)
		os.WriteFile(bare+"/lib/terminfo/"+file, nil, 0o644)
	}
	os.MkdirAll(known+"/root/.terminfo/78", 0o755)
	os.WriteFile(known+"/root/.terminfo/78/xterm-kittx", nil, 0o644)
	const show = `echo $TERM $TERMINFO_DIRS; test ! -e /run/xunshare || od -An -N2 -tx1 /run/xunshare/terminfo/*/*`
	const shown = "xterm-kittx /run/xunshare/terminfo:\n 1a 01\n"
	note := func(root, name, near string) string {
		return "xunshare: note: neither " + root + " nor this system has a description of the terminal " + name + " (terminfo): TERM is " + near + " inside\n"
	}
	for _, c := range []struct{ name, root, term, options, out, err string }{
		{"shown", bare, "xterm-kittx", "", shown, ""},
		{"in a tree without any", tree(native), "xterm-kittx", "", shown, ""},
		{"read-only", bare, "xterm-kittx", "--read-only", shown, ""},
		{"ephemeral", bare, "xterm-kittx", "--ephemeral", shown, ""},
		{"as oneself", bare, "xterm-kittx", "--map=current --fake-ids", shown, ""},
		{"set", bare, "x", "--setenv=TERM=xterm-kittx --setenv=TERMINFO_DIRS=/a:/b", "xterm-kittx /run/xunshare/terminfo:/a:/b\n 1a 01\n", ""},
		{"elsewhere", bare, "xterm-kittx", "--setenv=TERMINFO=/usr/x", "xterm-kittx\n", ""},
		{"at home", known, "xterm-kittx", "", "xterm-kittx\n", ""},
		{"known", bare, "xterm", "", "xterm\n", ""},
		{"by number", bare, "screen", "", "screen\n", ""},
		{"near", bare, "nosuch", "", "xterm\n", note(bare, "nosuch", "xterm")},
		{"near, of a kind", bare, "tmux-nosuch", "", "screen\n", note(bare, "tmux-nosuch", "screen")},
		{"no colors", bare, "vtnosuch", "", "vtnosuch\n", ""},
		{"nothing near", tree(native), "nosuch", "", "nosuch\n", ""},
		{"no name", bare, "../x/xterm", "", "../x/xterm\n", ""},
		{"none", bare, "xterm-kittx", "--clear-env", "\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := untouched(t, c.root)
			cmd := exec.Command(binary(), append(append([]string{"--into=" + c.root}, words(c.options)...), "/bin/sh", "-c", show)...)
			cmd.Env = append(os.Environ(), "HOME="+home, "TERM="+c.term, "TERMINFO=", "TERMINFO_DIRS=")
			if r := finish(t, cmd); r != (result{c.out, c.err, 0}) {
				t.Errorf("%+v, want %q, %q", r, c.out, c.err)
			}
			check(t)
		})
	}
}

// Programs of a system read the description.
func TestTerminalDebian(t *testing.T) {
	home := compileTerminal(t)
	for _, arch := range []string{native, foreignDebian} {
		cmd := exec.Command(binary(), "--into="+system(arch), "--map=root", "/bin/sh", "-c", "tput colors; tput clear | od -An -c | tr -d ' '")
		cmd.Env = append(os.Environ(), "HOME="+home, "TERM=xterm-kittx")
		if r := finish(t, cmd); r.out != "256\n033[H033[2J\n" || r.status != 0 {
			t.Errorf("%s: %+v", arch, r)
		}
	}
}
