package native

import (
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) { asuser.Main(m, nil) }

// What a list asks for, and what it cannot.
func TestParse(t *testing.T) {
	for list, want := range map[string]string{
		"":                "gcc +bash +dash? -dpkg-deb -sort -perl",
		"@build":          "gcc bash",
		"@cc":             "gcc cc1 ld -bash",
		"@deb":            "dpkg-deb -gcc",
		"-gcc":            "bash -gcc",
		"@cc,-ld,tar":     "gcc tar! -ld",
		"tar,-tar":        "-tar",
		"cmake":           "cmake!",
		"@build,gcc":      "gcc! bash",
		"sort":            "sort!",
		"@x":              `"@x" is none of @cc, @build, @deb`,
		"uname":           "uname is never native: it tells the machine",
		"@cc,python3":     "python3 is never native",
		"@build,perl":     "perl! gcc",
		"/usr/bin/gcc":    "is not the name of a program",
		"a b":             "is not the name of a program",
		"-":               "is not the name of a program",
		"@":               "is none of",
		"-@cc":            "bash -gcc -ld",
		"@cc,,@deb":       "gcc dpkg-deb",
		"gcc,@cc,-@cc,m4": "m4! -gcc",
	} {
		r, err := Parse(list)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", list, err, want)
			}
			continue
		}
		for _, word := range strings.Fields(want) {
			checkWanted(t, list, r, word)
		}
	}
}

// checkWanted looks for a program in a request. A - says that it is not there, a ! that it was named.
func checkWanted(t *testing.T, list string, r *Request, word string) {
	if strings.HasSuffix(word, "?") {
		return
	}
	name := strings.Trim(word, "+-!")
	i := slices.IndexFunc(r.wanted, func(w wanted) bool { return w.name == name })
	switch {
	case (i < 0) != strings.HasPrefix(word, "-"):
		t.Errorf("%q: %s is there: %v, want %s", list, name, i >= 0, word)
	case i >= 0 && r.wanted[i].named != strings.HasSuffix(word, "!"):
		t.Errorf("%q: %s was named: %v, want %s", list, name, r.wanted[i].named, word)
	}
}

// No program of a set is one that is never native, and none is there twice.
func TestSets(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range programs() {
		if never(p.name) != "" || seen[p.name] {
			t.Errorf("%s: never native %q, twice %v", p.name, never(p.name), seen[p.name])
		}
		seen[p.name] = true
	}
}

// The directories of a loader become the folder, letter for letter; those of all else stay.
func TestKeepToFolder(t *testing.T) {
	for name, c := range map[string]struct{ loader, want string }{
		"Debian": {"\x00x\x00/lib/x86_64-linux-gnu/\x00/usr/lib/x86_64-linux-gnu/\x00/lib/\x00/usr/lib/\x00\x00/etc/ld.so.cache\x00\x00/etc/ld.so.preload\x00",
			"\x00x\x00/dev/.n///////////////\x00/dev/.n///////////////////\x00/dev/\x00/dev/.n//\x00\x00/dev/null/cache\x00\x00\x00/dev/null/preload\x00\x00"},
		"Fedora": {"\x00/lib64/\x00/usr/lib64/\x00", "\x00/dev///\x00/dev/.n////\x00"},
		"twice":  {"\x00/lib64/\x00/usr/lib64/\x00..\x00/lib64/\x00/usr/lib64/\x00", "\x00/dev///\x00/dev/.n////\x00..\x00/dev///\x00/dev/.n////\x00"},
		"other":  {"\x00/lib/ld-musl-x86_64.so.1\x00/lib/\x00", ""},
	} {
		b := image(c.loader)
		err := b.keepToFolder(Folder)
		if c.want == "" && err == nil || c.want != "" && (err != nil || string(b) != c.want) {
			t.Errorf("%s: %v, %q", name, err, b)
		}
	}
}

// A cross compiler looks where the tree's compiler does.
func TestBecomeNative(t *testing.T) {
	const cross = "/usr/lib/gcc-cross/arm-linux-gnueabihf/12/../../../../arm-linux-gnueabihf/"
	const dir = "/usr/lib/gcc///////arm-linux-gnueabihf/12"
	for before, after := range map[string]string{
		"/usr/lib/gcc-cross/":                               "/usr/lib/gcc///////",
		"/usr/lib/gcc-cross/arm-linux-gnueabihf/12/include": dir + "/include",
		cross + "include":                                   "/usr/local/include",
		cross + "include/c++/12":                            "/usr/include/c++/12",
		cross + "include/c++/12/arm-linux-gnueabihf":        "/usr/include/arm-linux-gnueabihf/c++/12",
		cross + "include/c++/12/backward":                   "/usr/include/c++/12/backward",
	} {
		b := image("\x00" + before + "\x00rest\x00")
		b.becomeNative("/usr/lib/gcc-cross/arm-linux-gnueabihf/12/cc1plus")
		if got := strings.TrimRight(string(b[1:len(before)+1]), "\x00"); got != after || string(b[len(before)+1:]) != "\x00rest\x00" {
			t.Errorf("%s: %s, want %s; %q", before, got, after, b)
		}
	}
}

// A name that does not fit is refused, and nothing is written.
func TestOverwrite(t *testing.T) {
	b := image("\x00/short\x00")
	if err := b.overwrite("/short", "/longer"); err == nil || string(b) != "\x00/short\x00" {
		t.Errorf("%v, %q", err, b)
	}
}

// The machine that a program tells is read from it.
func TestSystemIn(t *testing.T) {
	for text, want := range map[string]string{
		"\x00/usr/lib/aarch64-linux-gnu\x00aarch64-unknown-linux-gnu\x00": "aarch64-unknown-linux-gnu",
		"\x00(s390x-ibm-linux-gnu)\x00s390x-ibm-linux-gnu\x00":            "s390x-ibm-linux-gnu",
		"\x00arm-unknown-linux-gnueabihf\x00":                             "arm-unknown-linux-gnueabihf",
		"\x00a-linux-gnu":                                                 "",
		"":                                                                "",
	} {
		if got := systemIn([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// root is a directory of files.
func root(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(dir+name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Systems are of one release if os-release says so, by number or by name.
func TestReleases(t *testing.T) {
	const debian = "PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n"
	for tree, want := range map[string]string{
		debian:                                "",
		"ID=debian\nVERSION_ID=13\n":          "the tree is debian 13, and HOST is debian 12",
		"ID=ubuntu\nVERSION_ID=12\n":          "the tree is ubuntu 12, and HOST is debian 12",
		"ID=debian\nVERSION_CODENAME=forky\n": "the tree is debian forky, and HOST is debian 12",
		"":                                    "the tree is of an unknown release, and HOST is debian 12",
	} {
		f := Finder{Tree: &inside.Root{Root: root(t, map[string]string{"/usr/lib/os-release": tree})},
			HostRoot: root(t, map[string]string{"/etc/os-release": debian})}
		if got := strings.ReplaceAll(f.releasesDiffer(), f.HostRoot, "HOST"); got != want {
			t.Errorf("%q: %q, want %q", tree, got, want)
		}
	}
}

// A file that is not as its package has it is not trusted.
func TestDistrust(t *testing.T) {
	sum := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	dir := root(t, map[string]string{"/usr/bin/true": "true", "/usr/bin/false": "fake", "/usr/bin/own": "own",
		infoDir + "/coreutils.md5sums": sum("true") + "  bin/true\n" + sum("false") + "  bin/false\n"})
	f := Finder{Tree: &inside.Root{Root: dir}}
	tools := []Tool{{Guest: "/usr/bin/true", Host: "x"}, {Guest: "/usr/bin/false", Host: "x"}, {Guest: "/usr/bin/own", Host: "x"}}
	f.distrust(tools)
	if tools[0].Host == "" || tools[1].Host != "" || tools[1].Why == "" || tools[2].Host == "" {
		t.Errorf("%+v", tools)
	}
}

// A program that cannot be compared with its package is emulated, unless there are no packages.
func TestDistrustWithoutSums(t *testing.T) {
	const list = "68934a3e9455fa72420237eb05902327  bin/false\n" // of "false"
	huge := func(dir string) error { return os.Truncate(dir+"/usr/bin/true", mostOfHost+1) }
	for name, c := range map[string]struct {
		list, path string
		spoil      func(dir string) error
		want       string // what is native
	}{
		"good":        {list: list, want: "true false"},
		"no md5sum":   {list: list, path: "/none"},
		"no dpkg":     {path: "/none", want: "true false"},
		"one missing": {list: list, spoil: func(dir string) error { return os.Remove(dir + "/usr/bin/true") }, want: "false"},
		"too large":   {list: list, spoil: huge, want: "false"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"/usr/bin/true": "true", "/usr/bin/false": "false"}
			if c.list != "" {
				files[infoDir+"/coreutils.md5sums"] = c.list
			}
			f := Finder{Tree: &inside.Root{Root: root(t, files)}}
			if c.spoil != nil {
				if err := c.spoil(f.Tree.Root); err != nil {
					t.Fatal(err)
				}
			}
			if c.path != "" {
				t.Setenv("PATH", c.path)
			}
			tools := []Tool{{Name: "true", Guest: "/usr/bin/true", Host: "x"}, {Name: "false", Guest: "/usr/bin/false", Host: "x"}}
			f.distrust(tools)
			var native []string
			for _, tool := range tools {
				if tool.Host != "" {
					native = append(native, tool.Name)
				} else if !strings.Contains(tool.Why, "cannot be compared") {
					t.Errorf("%+v", tool)
				}
			}
			if got := strings.Join(native, " "); got != c.want {
				t.Errorf("native: %s, want %s", got, c.want)
			}
		})
	}
}

// Everybody in the tree can use what is made, whatever the umask is.
func TestModes(t *testing.T) {
	defer unix.Umask(unix.Umask(0o077))
	dir := t.TempDir()
	from := new(cache.Sources)
	f := Finder{Tree: &inside.Root{Root: root(t, nil)}, HostRoot: root(t, nil)}
	if _, err := (&Choice{finder: &f}).make(dir, from); err != nil {
		t.Fatal(err)
	}
	c := f.copier(dir+"/"+shown, from)
	if err := errors.Join(c.write("perl/x/y.pm", image("")), c.addPlugins("/none")); err != nil {
		t.Fatal(err)
	}
	for _, name := range [...]string{shown, chroot.Empty, shown + "/perl", shown + "/perl/x", shown + "/perl/x/y.pm", shown + bfdPlugins} {
		if info, err := os.Stat(dir + "/" + name); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
