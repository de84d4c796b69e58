package trace

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// folder has files that execve(2) is asked about.
type folder string

func (f folder) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(string(f), name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (f folder) open(path string) (*file, unix.Errno) {
	fd, err := unix.Open(filepath.Join(string(f), path), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err.(unix.Errno)
	}
	opened := &file{fd: fd, path: path}
	opened.read()
	return opened, 0
}

// What an exec comes to: the program in the end, what comes before the caller's arguments, and
// which of these goes.
func TestResolve(t *testing.T) {
	f := folder(t.TempDir())
	f.write(t, "native", "\x7fELF")
	f.write(t, "emulator", "\x7fELF")
	f.write(t, "foreign", "FRGN")
	f.write(t, "x.ext", "text")
	f.write(t, "script", "#!foreign -a b \n")
	f.write(t, "simple", "#!native\n")
	f.write(t, "lost", "#!missing\n")
	f.write(t, "wrapped", "WRAP")
	f.write(t, "wrapper", "#!emulator\n")
	f.write(t, "both", "BOTH")
	f.write(t, "self", "#!self\n")
	rule := func(text string) Rule {
		r, err := binfmt.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return Rule{r, -1}
	}
	for _, c := range []struct {
		name, flags string
		program     string
		front       string
		drops       bool
		errno       unix.Errno
	}{
		{name: "native", program: "native"},
		{name: "simple", program: "native", front: "native,simple", drops: true},
		{name: "foreign", program: "emulator", front: "emulator,foreign", drops: true},
		{name: "foreign", flags: "P", program: "emulator", front: "emulator,foreign"},
		{name: "x.ext", flags: "O", program: "emulator", front: "emulator,x.ext", drops: true},
		{name: "script", program: "emulator", front: "emulator,foreign,-a b,script", drops: true},
		{name: "script", flags: "P", program: "emulator", front: "emulator,foreign,foreign,-a b,script", drops: true},
		{name: "wrapped", program: "emulator", front: "emulator,wrapper,wrapped", drops: true},
		{name: "wrapped", flags: "P", program: "emulator", front: "emulator,wrapper,wrapped", drops: false},
		{name: "wrapped", flags: "O", errno: unix.ENOEXEC},
		{name: "both", program: "native", front: "native,both", drops: true}, // by the rule that came last
		{name: "lost", errno: unix.ENOENT},
		{name: "self", errno: unix.ELOOP},
	} {
		rules := []Rule{rule(":f:M::FRGN::emulator:" + c.flags), rule(":e:E::ext::emulator:" + c.flags), rule(":w:M::WRAP::wrapper:" + c.flags),
			rule(":b:M::BOTH::emulator:"), rule(":c:M::BOTH::native:")}
		first, _ := f.open(c.name)
		e, errno := resolve(first, rules, f.open)
		if errno != c.errno {
			t.Errorf("%s, flags %s: %v", c.name, c.flags, errno)
		}
		if errno != 0 || c.errno != 0 {
			continue
		}
		if e.program.path != c.program || !slices.Equal(e.front, wordsOf(c.front)) || e.drops != c.drops || e.keeps != (c.flags == "P" && e.followed) ||
			(e.opened != nil) != (c.flags == "O" && e.followed) {
			t.Errorf("%s, flags %s: %+v", c.name, c.flags, e)
		}
		e.close()
	}
}

// wordsOf splits a text at its commas: the kernel makes one argument of all that a #! line has.
func wordsOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// The kernel follows five interpreters (exec_binprm in fs/exec.c).
func TestDepth(t *testing.T) {
	f := folder(t.TempDir())
	f.write(t, "0", "\x7fELF")
	for i := 1; i < 8; i++ {
		f.write(t, strconv.Itoa(i), "#!"+strconv.Itoa(i-1)+"\n")
		first, _ := f.open(strconv.Itoa(i))
		e, errno := resolve(first, nil, f.open)
		if want := map[bool]unix.Errno{true: unix.ELOOP}[i > maxDepth]; errno != want {
			t.Errorf("%d interpreters: %v, want %v", i, errno, want)
		}
		if errno == 0 {
			e.close()
		}
	}
}
