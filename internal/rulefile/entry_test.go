package rulefile

import (
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
)

var entryCases = []struct{ text, want string }{
	{"enabled\ninterpreter /q\nflags: POCF\noffset 3\nmagic 7f45\nmask ff0f\n", `:n:M:3:\x7f\x45:\xff\x0f:/q:POCF`},
	{"enabled\ninterpreter /q\nflags: \noffset 0\nmagic 4d5a\n", `:n:M:0:\x4d\x5a::/q:`},
	{"enabled\ninterpreter /a:b \nflags: OC\nextension .py\n", `,n,E,,py,,/a:b ,OC`},
	{"enabled\ninterpreter /a\nflags\nflags: P\nextension ..\n", ":n:E::.::/a\nflags:P"},
	{"enabled\ninterpreter /q\nflags: OTF\nweight 3\noffset 0\nmagic 4d5a\nweight\n\n", `:n:M:0:\x4d\x5a::/q:OTF`},
	{"disabled\ninterpreter /q\nflags: \noffset 0\nmagic 4d5a\n", ""},
	{"enabled\nbpf handler\nbpf-interpreter arm /q\nflags: \n", "a program in the kernel chooses its interpreter (type B)"},
	{"enabled\ninterpreter /q\nflags: \n", "it has neither a magic nor an extension"},
	{"enabled\ninterpreter /q\noffset 0\nmagic 4d5a\n", "its flags are missing"},
	{"enabled\ninterpreter /q\nflags: \noffset x\nmagic 4d5a\n", `offset: strconv.Atoi: parsing "x": invalid syntax`},
	{"enabled\ninterpreter /q\nflags: \noffset 0\nmagic 4d5\n", "magic: encoding/hex: odd length hex string"},
	{"", "the kernel says neither that it is enabled nor that it is disabled"},
	{"enabled", "a program in the kernel chooses its interpreter (type B)"},
}

func TestParseEntry(t *testing.T) {
	for _, c := range entryCases {
		r, err := parseEntry("n", c.text)
		if got := result(System{}, one(r), err); got != c.want {
			t.Errorf("%q:\n%s\nwant\n%s", c.text, got, c.want)
		}
	}
}

// FuzzEntry: what is taken and can be parsed means the same when it is parsed.
func FuzzEntry(f *testing.F) {
	for _, c := range entryCases {
		f.Add("n", c.text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		r, err := parseEntry(name, text)
		if err != nil || r == nil {
			if r != nil || err == nil && !strings.HasPrefix(text, "disabled") {
				t.Errorf("%q: %v, %v", text, r, err)
			}
			return
		}
		line := r.String()
		again, err := binfmt.Parse(line)
		if err == nil && !same(r, again) {
			t.Errorf("%q, %q: %q is %+v, was %+v", name, text, line, again, r)
		}
		if writable(r) == nil && r.Offset >= 0 && r.Offset < binfmt.Window && (len(line) > 1920 || strings.Count(line, line[:1]) != 7) {
			t.Errorf("%q, %q: %q is no rule: %v", name, text, line, err)
		}
	})
}

func same(r, s *binfmt.Rule) bool {
	if r.Name != s.Name || r.Type != s.Type || r.Interpreter != s.Interpreter || r.Flags != s.Flags {
		return false
	}
	if r.Type == 'E' {
		return r.Extension == s.Extension
	}
	return r.Offset == s.Offset && string(r.Magic) == string(s.Magic) && string(r.Mask) == string(s.Mask)
}
