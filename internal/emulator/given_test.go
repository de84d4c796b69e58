package emulator

import (
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

func TestParseGiven(t *testing.T) {
	for _, c := range []struct{ text, arch, path, err string }{
		{"/usr/bin/qemu-aarch64", "aarch64", "/usr/bin/qemu-aarch64", ""},
		{"/usr/bin/qemu-ppc64le-static", "ppc64le", "/usr/bin/qemu-ppc64le-static", ""},
		{"qemu-arm64", "aarch64", "qemu-arm64", ""},
		{"./qemu-armhf-static", "arm", "./qemu-armhf-static", ""},
		{"/opt/FEX", "", "/opt/FEX", ""},
		{"/opt/qemu-nonsense", "", "/opt/qemu-nonsense", ""},
		{"/opt/qemu-", "", "/opt/qemu-", ""},
		{"/opt/qemu-static", "", "/opt/qemu-static", ""},
		{"/opt/qemu", "", "/opt/qemu", ""},
		{"s390x=/opt/qemu-aarch64", "s390x", "/opt/qemu-aarch64", ""},
		{"arm64=q=r", "aarch64", "q=r", ""},
		{"/a=b/qemu-arm", "arm", "/a=b/qemu-arm", ""},
		{"./arm64=x", "", "./arm64=x", ""},
		{"", "", "", `emulator "": the path of a program is missing`},
		{"arm64=", "", "", `emulator "arm64=": the path of a program is missing`},
		{"=/usr/bin/qemu-arm", "", "", `emulator "=/usr/bin/qemu-arm": there is no architecture ""`},
		{"vax=/usr/bin/qemu-vax", "", "", `emulator "vax=/usr/bin/qemu-vax": there is no architecture "vax"`},
		{"/a\x00b", "", "", `emulator "/a\x00b": the path of a program is missing`},
	} {
		g, err := ParseGiven(c.text)
		name := ""
		if g.Arch != nil {
			name = g.Arch.Name
		}
		switch {
		case c.err != "" && (err == nil || err.Error() != c.err || len(remedy.Hints(err)) == 0):
			t.Errorf("%q: %v, want %s, with a hint", c.text, err, c.err)
		case c.err == "" && (err != nil || name != c.arch || g.Path != c.path):
			t.Errorf("%q: %q at %q, %v", c.text, name, g.Path, err)
		}
	}
}

func TestAssign(t *testing.T) {
	for _, c := range []struct{ given, asked, want, err string }{
		{"", "arm64", "", ""},
		{"/opt/q", "arm64", "aarch64=/opt/q", ""},
		{"/opt/qemu-arm arm64=/q", "arm64 armhf", "arm=/opt/qemu-arm aarch64=/q", ""},
		{"/opt/qemu-arm", "arm64", "arm=/opt/qemu-arm", ""}, // not asked for, not needed
		{"/opt/q", "arm64 armhf", "", "emulator /opt/q: its name does not tell which architecture it is for"},
		{"/opt/q", "", "", "emulator /opt/q: its name does not tell which architecture it is for"},
		{"/q/qemu-arm armhf=/r", "", "", "two emulators are given for arm: /q/qemu-arm and /r"},
		{"/q /r", "arm64", "", "two emulators are given for aarch64: /q and /r"},
	} {
		var given []Given
		for _, text := range strings.Fields(c.given) {
			g, err := ParseGiven(text)
			if err != nil {
				t.Fatal(err)
			}
			given = append(given, g)
		}
		var asked []*binfmt.Arch
		for _, name := range strings.Fields(c.asked) {
			asked = append(asked, arch(t, name))
		}
		assigned, err := assign(given, asked)
		var got []string
		for _, g := range assigned {
			got = append(got, g.Arch.Name+"="+g.Path)
		}
		switch {
		case c.err != "" && (err == nil || err.Error() != c.err || len(remedy.Hints(err)) == 0):
			t.Errorf("%q for %q: %v, want %s, with a hint", c.given, c.asked, err, c.err)
		case c.err == "" && (err != nil || strings.Join(got, " ") != c.want):
			t.Errorf("%q for %q: %q, %v", c.given, c.asked, got, err)
		}
	}
}

// One that is given is taken or refused; no other is looked for.
func TestFindGiven(t *testing.T) {
	for _, c := range []struct {
		what, content, static, dynamic string
	}{
		{"static", static, "", ""},
		{"dynamic", dynamic, "/q is dynamically linked: its loader", ""},
		{"a script", "#!/bin/sh\n", "/q is a script, and would be started by way of /bin/sh", ""},
		{"foreign", elf{machine: foreign}.String(), "/q is a program for an unknown", "/q is a program for an unknown"},
		{"text", "hello", "/q is a text without", "/q is a text without"},
		{"nothing", "=/q2", "/q: no such file or directory", "/q: no such file or directory"},
		{"a loop", "=/q", "/q: too many levels", "/q: too many levels"},
	} {
		r := newRoot(t)
		r.fill([]file{{path: "/q", content: c.content}, {path: "/usr/bin/qemu-aarch64", content: static}})
		r.Given = []Given{{arch(t, "aarch64"), "/q"}}
		for _, needStatic := range []bool{true, false} {
			want := c.dynamic
			if needStatic {
				want = c.static
			}
			e, err := r.Find(arch(t, "aarch64"), needStatic)
			switch {
			case want == "" && (err != nil || e.Path != "/q"):
				t.Errorf("%s, needStatic %t: %+v, %v", c.what, needStatic, e, err)
			case want != "" && (err == nil || !strings.HasPrefix(err.Error(), "the emulator given for aarch64: "+want)):
				t.Errorf("%s, needStatic %t: %v, want %s", c.what, needStatic, err, want)
			}
		}
		if _, err := r.Find(arch(t, "arm"), false); err == nil {
			t.Errorf("%s: found for another architecture", c.what)
		}
	}
}
