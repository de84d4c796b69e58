package binfmt

import (
	"reflect"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/remedy"
)

func TestParse(t *testing.T) {
	for _, c := range ruleCases {
		r, err := Parse(c.rule)
		switch {
		case err == nil && c.err != "":
			t.Errorf("Parse(%q) accepts it, want the error %s", c.rule, c.err)
		case err != nil && err.Error() != c.err:
			t.Errorf("Parse(%q)\n gives %s\n want  %s", c.rule, err, c.err)
		case err != nil && r != nil:
			t.Errorf("Parse(%q) returns a rule and an error", c.rule)
		case err == nil:
			checkRoundTrip(t, r, c.rule)
		}
	}
}

// checkRoundTrip checks that r gives the text s back, and that a text made from its fields means
// the same.
func checkRoundTrip(t *testing.T, r *Rule, s string) {
	t.Helper()
	if r.String() != s {
		t.Errorf("%q comes back as %q", s, r)
	}
	again, err := Parse(r.String())
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("%q parsed again: %+v, %v; was %+v", s, again, err, r)
	}
	built := *r
	built.text = ""
	text := built.String()
	if len(text) > maxText || strings.HasPrefix(text, ":") && strings.Count(text, ":") != 7 {
		return // escapes make it too long, or no delimiter is left
	}
	again, err = Parse(text)
	if err != nil {
		t.Fatalf("%q built from fields: %q: %v", s, text, err)
	}
	again.text = ""
	if !reflect.DeepEqual(&built, again) {
		t.Errorf("%q built from fields: %q is %+v, was %+v", s, text, again, &built)
	}
}

func TestParseFields(t *testing.T) {
	for _, c := range []struct {
		rule string
		want Rule
	}{
		{`:qemu:M:3:\x7fE:\xff\x0f:/q:OC`,
			Rule{Name: "qemu", Type: 'M', Offset: 3, Magic: []byte("\x7fE"), Mask: []byte("\xff\x0f"), Interpreter: "/q", Flags: "OC"}},
		{"|a:b|M||MZ||/c:d|\n", Rule{Name: "a:b", Type: 'M', Magic: []byte("MZ"), Interpreter: "/c:d"}},
		{`:jar:E:9:jar:\xff:/usr/bin/java:P`, Rule{Name: "jar", Type: 'E', Extension: "jar", Interpreter: "/usr/bin/java", Flags: "P"}},
		{`:e:M:010:\\x41\\\x42\::/q:`, Rule{Name: "e", Type: 'M', Offset: 10, Magic: []byte(`\\x41\\B\`), Interpreter: "/q"}},
		{`axaMaa\xaa\x61aa/qa`, Rule{Name: "x", Type: 'M', Magic: []byte("\xaaa"), Interpreter: "/q"}},
	} {
		got, err := Parse(c.rule)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.rule, err)
			continue
		}
		c.want.text = c.rule
		if !reflect.DeepEqual(got, &c.want) {
			t.Errorf("Parse(%q)\n gives %+v\n want  %+v", c.rule, *got, c.want)
		}
	}
}

func TestStringOfBuiltRule(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{Name: "q", Type: 'M', Magic: []byte("\x7fE\n"), Mask: []byte("\xff\xff\x00"), Interpreter: "/q", Flags: "OC"},
			`:q:M:0:\x7f\x45\x0a:\xff\xff\x00:/q:OC`},
		{Rule{Name: "q", Type: 'M', Offset: 12, Magic: []byte(":"), Interpreter: "/a:b"}, `,q,M,12,\x3a,,/a:b,`},
		{Rule{Name: "q:,;", Type: 'M', Magic: []byte("M"), Interpreter: "/q"}, `|q:,;|M|0|\x4d||/q|`},
		{Rule{Name: "py", Type: 'E', Extension: "py", Interpreter: "/p", Flags: "P"}, `:py:E::py::/p:P`},
		{Rule{Name: "py", Type: 'E', Extension: "a:b", Interpreter: "/p"}, `,py,E,,a:b,,/p,`},
	} {
		if got := c.rule.String(); got != c.want {
			t.Errorf("%+v is written\n %s\nwant\n %s", c.rule, got, c.want)
		}
	}
}

// Every printable punctuation mark and every control character in the path leaves bytes that are no
// text.
func TestStringFindsRareDelimiter(t *testing.T) {
	path := ""
	for c := byte(1); c < 0x85; c++ {
		path += string([]byte{c})
	}
	r := Rule{Name: "q", Type: 'E', Extension: "e", Interpreter: path}
	if s := r.String(); s[0] != 0x85 {
		t.Errorf("the delimiter is %#x", s[0])
	}
	for c := 0x85; c <= 0xff; c++ {
		path += string([]byte{byte(c)})
	}
	r.Interpreter = path
	if got, err := Parse(r.String()); err == nil {
		t.Errorf("a rule that cannot be written is written as %q", got)
	}
}

func TestHas(t *testing.T) {
	r := Rule{Flags: "OCT"}
	for _, c := range []struct {
		flag byte
		want bool
	}{{'O', true}, {'C', true}, {'T', true}, {'P', false}, {'F', false}} {
		if r.Has(c.flag) != c.want {
			t.Errorf("Has(%c) is %v", c.flag, !c.want)
		}
	}
	if c := (&Rule{Flags: "C"}); c.Has('O') {
		t.Error("C alone has O")
	}
}

func TestParseHints(t *testing.T) {
	for _, c := range []struct{ rule, hint string }{
		{"/usr/share/qemu/binfmt.d/qemu-ppc.conf", `looks like the name of a file`},
		{"./rules", `looks like the name of a file`},
		{"../rules/ppc", `looks like the name of a file`},
		{"qemu-ppc", `looks like the name of a rule`},
		{"qemu-microblazeel", `looks like the name of a rule`},
		{"ppc64le", `looks like the name of a rule`},
		{":x:M::MZ:", ""},
		{":qemu-ppc:M::MZ::/q:zz", ""},
		{",qemu-ppc,M,,MZ,,/q,zz", ""},
		{"", ""},
	} {
		_, err := Parse(c.rule)
		if err == nil {
			t.Errorf("Parse(%q) accepts it", c.rule)
		}
		hints := strings.Join(remedy.Hints(err), "\n")
		if c.hint == "" && hints != "" || !strings.Contains(hints, c.hint) {
			t.Errorf("Parse(%q): hints %q, want %q", c.rule, hints, c.hint)
		}
	}
}

func TestCheckSet(t *testing.T) {
	named := func(names ...string) (rules []*Rule) {
		for _, n := range names {
			rules = append(rules, &Rule{Name: n})
		}
		return rules
	}
	for _, c := range []struct {
		rules []*Rule
		err   string
	}{
		{nil, ""},
		{named("a"), ""},
		{named("a", "A", "b"), ""},
		{named("a", "b", "a"), `rule "a": the name is used twice`},
		{named("a", "status"), `rule "status": the name is taken: the kernel has a control file called status`},
		{named(""), `rule "": the name is empty`},
	} {
		err := CheckSet(c.rules)
		if err == nil && c.err != "" || err != nil && err.Error() != c.err {
			t.Errorf("CheckSet of %d rules: %v, want %q", len(c.rules), err, c.err)
		}
	}
	if hints := remedy.Hints(CheckSet(named("a", "a"))); len(hints) != 1 {
		t.Errorf("hints for a name used twice: %q", hints)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range ruleCases {
		f.Add(c.rule)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			if r != nil || !strings.HasPrefix(err.Error(), "rule") {
				t.Errorf("Parse(%q): %v, %v", s, r, err)
			}
			return
		}
		checkRoundTrip(t, r, s)
		if r.Name == "" || r.Interpreter == "" || r.Offset+len(r.Magic) > Window || (r.Type == 'M') != (len(r.Magic) > 0) ||
			(r.Type == 'E') != (r.Extension != "") || r.Mask != nil && len(r.Mask) != len(r.Magic) {
			t.Errorf("Parse(%q) gives %+v", s, *r)
		}
	})
}
