package rulefile

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

const (
	a = `:a:M::\x7fA::/bin/a:`
	b = `,b:c,E,,b,,/bin/true,PF`
	c = `:c:M:2:MZ:\xff\x00:/bin/c:OC`
)

const advice = "\nwrite one rule a line, :name:type:offset:magic:mask:interpreter:flags; " +
	"lines that begin with # or ; are comments"

var fileCases = []struct{ text, want string }{
	{a, a},
	{a + "\n" + b + "\n" + c + "\n", a + "\n" + b + "\n" + c},
	{"# rules\n\n  \t" + a + " \t\r\n;" + b + "\n   # " + b + "\n" + c, a + "\n" + c},
	{a + "\n" + a, a + "\n" + a}, // binfmt.CheckSet is for that
	{"", "/f: there is no rule in it" + advice},
	{"#" + a + "\n\n;\n", "/f: there is no rule in it" + advice},
	{"\n# x\n:a:M::x::/q\n", "/f:3: rule \"a\": the ':' after the interpreter is missing (it is needed without flags too)"},
	{a + "\nqemu-microblaze\n", "/f:2: rule: the 'q' after the name is missing\n" +
		"\"qemu-microblaze\" looks like the name of a rule; a rule is written :name:type:offset:magic:mask:interpreter:flags"},
	{a + "\n:b:M::\x00x::/bin/b:", `/f:2: rule: byte 6 is NUL, which ends a field for the kernel (in magic and mask write \x00)`},
}

func TestReadFile(t *testing.T) {
	for _, c := range fileCases {
		s := files(t, map[string]string{"/f": c.text})
		rules, err := ReadFile(s.Root + "/f")
		got := result(s, rules, err)
		if got != c.want {
			t.Errorf("%q:\n%s\nwant\n%s", c.text, got, c.want)
		}
	}
}

// What is no regular file, or has no end, is refused at once.
func TestReadFileOther(t *testing.T) {
	s := files(t, map[string]string{"/big": strings.Repeat("#\n", maxFile/2) + "\n", "/most": strings.Repeat("#\n", (maxFile-len(a))/2) + a, "/link": "->most"})
	if err := unix.Mkfifo(s.Root+"/fifo", 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(s.Root)
	for path, want := range map[string]string{
		"fifo":         "fifo: it is a fifo, not a file of rules",
		"/dev/zero":    "/dev/zero: it is a device, not a file of rules",
		".":            ".: it is a directory, not a file of rules",
		"big":          "big: it has more than 1 MiB, too much for a file of rules",
		"most":         a,
		"link":         a,
		"-":            "-: no such file or directory",
		"":             ": no such file or directory",
		"most/x":       "most/x: not a directory",
		"a\x00b":       "a\x00b: invalid argument",
		"/proc/uptime": "/proc/uptime:1: rule",
	} {
		done := make(chan string, 1)
		go func() {
			rules, err := ReadFile(path)
			done <- result(s, rules, err)
		}()
		select {
		case got := <-done:
			if got != want && (path != "/proc/uptime" || !strings.HasPrefix(got, want)) {
				t.Errorf("%q:\n%s\nwant\n%s", path, got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%q: ReadFile hangs", path)
		}
	}
}

// FuzzFile reads a text as either kind of file: what is taken can be parsed as it is written.
func FuzzFile(f *testing.F) {
	for _, c := range fileCases {
		f.Add(c.text)
	}
	for _, c := range debianCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := parse("/f", text)
		if (err == nil) != (len(rules) > 0) || err != nil && !strings.HasPrefix(err.Error(), "/f:") {
			t.Errorf("%q: %d rules, %v", text, len(rules), err)
		}
		if rule, err := parseDebian("name", text); err == nil {
			if rules = append(rules, rule); rule.Name != "name" {
				t.Errorf("%q is %s", text, rule)
			}
		}
		for _, r := range rules {
			if _, err := binfmt.Parse(r.String()); err != nil {
				t.Errorf("%q is %s: %v", text, r, err)
			}
		}
	})
}
