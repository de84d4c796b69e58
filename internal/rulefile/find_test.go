package rulefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

func rule(name, interpreter string) string { return ":" + name + ":M::MZ::" + interpreter + ":\n" }

// etc, run, local and lib are the directories of systemd.
const (
	etc   = "/etc/binfmt.d/"
	run   = "/run/binfmt.d/"
	local = "/usr/local/lib/binfmt.d/"
	lib   = "/usr/lib/binfmt.d/"
	qemu  = "/usr/share/qemu/binfmt.d/"
	deb   = "/usr/share/binfmts/"
)

const where = "looked in /etc/binfmt.d, /run/binfmt.d, /usr/local/lib/binfmt.d, /usr/lib/binfmt.d, /usr/share/qemu/binfmt.d and /usr/share/binfmts"

func TestFind(t *testing.T) {
	debian := "interpreter /deb\nmagic MZ\n"
	notThere := "no rule and no file of rules is called \"a\"\n"
	for _, c := range []struct {
		what  string
		files map[string]string
		name  string
		want  string
	}{
		{"a rule", map[string]string{lib + "x.conf": rule("b", "/b") + rule("a", "/a")}, "a", rule("a", "/a")},
		{"a file", map[string]string{lib + "a.conf": rule("b", "/b") + rule("c", "/c")}, "a", rule("b", "/b") + rule("c", "/c")},
		{"a file by its whole name", map[string]string{lib + "a.conf": rule("a", "/a") + rule("c", "/c")}, "a.conf", rule("a", "/a") + rule("c", "/c")},
		{"a rule rather than a file", map[string]string{etc + "a.conf": rule("b", "/b"), lib + "x.conf": rule("a", "/a")}, "a", rule("a", "/a")},
		{"a dot in a name", map[string]string{lib + "python3.11.conf": rule("python3.11", "/p")}, "python3.11", rule("python3.11", "/p")},
		{"no .conf", map[string]string{lib + "a": rule("a", "/a")}, "a", notThere + where},

		{"the same file in all", map[string]string{etc + "a.conf": rule("a", "/etc"), run + "a.conf": rule("a", "/run"),
			local + "a.conf": rule("a", "/local"), lib + "a.conf": rule("a", "/lib")}, "a", rule("a", "/etc")},
		{"run", map[string]string{run + "a.conf": rule("a", "/run"), local + "a.conf": rule("a", "/local"), lib + "a.conf": rule("a", "/lib")},
			"a", rule("a", "/run")},
		{"local", map[string]string{local + "a.conf": rule("a", "/local"), lib + "a.conf": rule("a", "/lib")}, "a", rule("a", "/local")},
		{"a file later in the alphabet", map[string]string{etc + "a.conf": rule("a", "/etc"), lib + "b.conf": rule("a", "/lib")}, "a", rule("a", "/lib")},
		{"a file later in the alphabet, of more weight", map[string]string{etc + "b.conf": rule("a", "/etc"), lib + "a.conf": rule("a", "/lib")}, "a", rule("a", "/etc")},
		{"twice in a file", map[string]string{etc + "a.conf": rule("a", "/1") + rule("a", "/2")}, "a", rule("a", "/2")},
		{"systemd's rather than QEMU's", map[string]string{lib + "z.conf": rule("a", "/lib"), qemu + "a.conf": rule("a", "/qemu"), deb + "a": debian},
			"a", rule("a", "/lib")},
		{"systemd's file rather than QEMU's rule", map[string]string{lib + "a.conf": rule("b", "/lib"), qemu + "a.conf": rule("a", "/qemu")},
			"a", rule("b", "/lib")},
		{"QEMU's rather than Debian's", map[string]string{qemu + "a.conf": rule("a", "/qemu"), deb + "a": debian}, "a", rule("a", "/qemu")},
		{"Debian's", map[string]string{lib + "b.conf": rule("b", "/lib"), deb + "a": debian}, "a", ":a:M::MZ::/deb:\n"},

		{"masked", map[string]string{etc + "a.conf": "->/dev/null", lib + "a.conf": rule("a", "/lib"), qemu + "a.conf": rule("a", "/qemu")}, "a",
			"a is masked: /etc/binfmt.d/a.conf takes the place of /usr/lib/binfmt.d/a.conf (binfmt.d(5))\n" +
				"to use the masked file anyway, name it: @/usr/lib/binfmt.d/a.conf"},
		{"masked by an empty file", map[string]string{run + "x.conf": "", local + "x.conf": rule("a", "/local"), lib + "x.conf": rule("a", "/lib")}, "a",
			"a is masked: /run/binfmt.d/x.conf takes the place of /usr/local/lib/binfmt.d/x.conf and /usr/lib/binfmt.d/x.conf (binfmt.d(5))\n" +
				"to use the masked file anyway, name it: @/usr/local/lib/binfmt.d/x.conf"},
		{"masked by another rule", map[string]string{etc + "x.conf": rule("b", "/b"), lib + "x.conf": rule("a", "/lib")}, "a",
			"a is masked: /etc/binfmt.d/x.conf takes the place of /usr/lib/binfmt.d/x.conf (binfmt.d(5))\n" +
				"to use the masked file anyway, name it: @/usr/lib/binfmt.d/x.conf"},
		{"masked in one file, not in another", map[string]string{etc + "x.conf": "", lib + "x.conf": rule("a", "/x"), lib + "b.conf": rule("a", "/b")},
			"a", rule("a", "/b")},
		{"nothing masked", map[string]string{etc + "a.conf": "#\n", qemu + "a.conf": rule("a", "/qemu")}, "a",
			"a is masked: /etc/binfmt.d/a.conf is there to say so (binfmt.d(5))\nto unmask it, remove that file"},
		{"a mask in a low place", map[string]string{etc + "a.conf": rule("a", "/etc"), lib + "a.conf": "->/dev/null"}, "a", rule("a", "/etc")},

		{"broken", map[string]string{lib + "x.conf": "\n:a:M::MZ::/a\n"}, "a",
			"/usr/lib/binfmt.d/x.conf:2: rule \"a\": the ':' after the interpreter is missing (it is needed without flags too)"},
		{"broken, then not", map[string]string{lib + "x.conf": ":a:M::MZ::/a\n" + rule("a", "/a")}, "a", rule("a", "/a")},
		{"another is broken", map[string]string{lib + "x.conf": ":b:M::MZ::/b\n" + rule("a", "/a"), lib + "c.conf": "->nowhere"}, "a", rule("a", "/a")},
		{"broken line in a file", map[string]string{lib + "a.conf": rule("c", "/c") + ":b:M::MZ::/b\n"}, "a",
			"/usr/lib/binfmt.d/a.conf:2: rule \"b\": the ':' after the interpreter is missing (it is needed without flags too)"},
		{"a link to nowhere", map[string]string{etc + "a.conf": "->nowhere", qemu + "a.conf": rule("a", "/a")}, "a",
			"/etc/binfmt.d/a.conf: no such file or directory"},
		{"broken of Debian's", map[string]string{deb + "a": "magic MZ\n"}, "a", "/usr/share/binfmts/a: rule \"a\": the interpreter is empty"},
		{"a directory of Debian's", map[string]string{deb + "a/b": ""}, "a", "/usr/share/binfmts/a: it is a directory, not a file of rules"},

		{"nothing at all", nil, "a", notThere + where},
		{"nothing like it", map[string]string{lib + "b.conf": rule("b", "/b")}, "a", notThere + where},
		{"like it", map[string]string{lib + "1.conf": rule("qemu-aarch64", "/q") + rule("qemu-arm", "/q"), qemu + "2.conf": rule("qemu-aarch64_be", "/q"),
			deb + "aarch": "", deb + "python3.11": ""}, "qemu-aarhc64",
			"no rule and no file of rules is called \"qemu-aarhc64\"\nnearest to it: qemu-aarch64, qemu-aarch64_be, aarch"},
		{"without qemu-", map[string]string{lib + "1.conf": rule("qemu-aarch64", "/q") + rule("qemu-ppc64le", "/q")}, "PPC64LE",
			"no rule and no file of rules is called \"PPC64LE\"\nnearest to it: qemu-ppc64le"},
		{"a long name", nil, strings.Repeat("x", 300), strings.Replace(notThere, "\"a\"", "\""+strings.Repeat("x", 300)+"\"", 1) + where},
		{"a path", nil, "/etc/a", "\"/etc/a\" is not the name of a rule\nwrite a file of rules as @FILE, a rule as :name:type:offset:magic:mask:interpreter:flags"},
		{"no name", nil, "", "\"\" is not the name of a rule\nwrite a file of rules as @FILE, a rule as :name:type:offset:magic:mask:interpreter:flags"},
		{"the directory", nil, "..", "\"..\" is not the name of a rule\nwrite a file of rules as @FILE, a rule as :name:type:offset:magic:mask:interpreter:flags"},
	} {
		s := files(t, c.files)
		rules, err := s.Find(c.name)
		if got, want := result(s, rules, err), strings.TrimSuffix(c.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, want)
		}
	}
}

func TestFindUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		asuser.Skip(t, "root can read everything")
	}
	s := files(t, map[string]string{etc + "secret.conf": rule("a", "/a"), lib + "b.conf": rule("b", "/b")})
	if err := os.Chmod(s.Root+etc+"secret.conf", 0); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a":      "no rule and no file of rules is called \"a\"\n" + where + "\ncould not look into /etc/binfmt.d/secret.conf",
		"b":      rule("b", "/b"),
		"secret": "/etc/binfmt.d/secret.conf: permission denied",
	} {
		rules, err := s.Find(name)
		if got := result(s, rules, err); got != strings.TrimSuffix(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// Every rule that this machine has files for is found by its name.
func TestFindHere(t *testing.T) {
	paths, _ := filepath.Glob("/usr/lib/binfmt.d/*.conf")
	for _, path := range paths {
		rules, err := ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		for _, r := range rules {
			if found, err := (System{}).Find(r.Name); err != nil || len(found) != 1 || found[0].Name != r.Name {
				t.Errorf("%s: %v, %v", r.Name, found, err)
			}
		}
	}
	paths, _ = filepath.Glob("/usr/share/binfmts/*")
	for _, path := range paths {
		if r, err := (System{}).debian(filepath.Base(path)); err != nil || r == nil {
			t.Errorf("%s: %v, %v", path, r, err)
		}
	}
	t.Logf("%d files for update-binfmts", len(paths))
}

func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		if _, err := (System{}).Find("qemu-ppc"); err != nil {
			b.Skip(err)
		}
	}
}
