package subid

import (
	"slices"
	"testing"
)

func TestService(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"passwd: files sss\n":                "",
		"subid: files\n":                     "",
		"subid: files sss\n":                 "",
		"subid: sss\n":                       "sss",
		"subid:\tsss files\n":                "sss",
		"subid: filesystem\n":                "filesystem",
		"SubID:sss":                          "sss",
		"#subid: sss\n":                      "",
		" subid: sss\n":                      "",
		"subid:\nsubid: \t\nsubid: sss\n":    "sss",
		"subid: files\nsubid: sss\n":         "",
		"passwd: files\nsubid: ipa\n# end\n": "ipa",
	} {
		if got := files(t, map[string]string{"/etc/nsswitch.conf": text}).service(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := (System{Root: t.TempDir()}).service(); got != "" {
		t.Errorf("no file: %q", got)
	}
}

// asked is a getsubids that answers for alice, differently for groups.
const asked = `
case $* in
alice) echo "0: alice 100000 65536"; echo "1: alice 7 0"; echo "2: alice 300000 10" ;;
"-g alice") echo "0: alice 500000 1" ;;
*) echo "Error fetching ranges" >&2; exit 1 ;;
esac
`

func TestGetsubids(t *testing.T) {
	script(t, "getsubids", asked)
	s := files(t, map[string]string{"/etc/nsswitch.conf": "subid: sss\n", "/etc/subuid": "alice:1:1\n"})
	for kind, want := range map[Kind][]Range{Users: {{100000, 65536}, {300000, 10}}, Groups: {{500000, 1}}} {
		if got, err := s.Lookup(kind, "alice", 1000); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v (%v), want %v", kind, got, err, want)
		}
	}
	local := files(t, map[string]string{"/etc/nsswitch.conf": "subid: files sss\n", "/etc/subuid": "alice:1:1\n"})
	if got, err := local.Lookup(Users, "alice", 1000); err != nil || !slices.Equal(got, []Range{{1, 1}}) {
		t.Errorf("files: %v (%v)", got, err)
	}
}

func TestGetsubidsFails(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{
			"none", asked,
			"bob has no sub-user-ids: PATH/getsubids bob: Error fetching ranges (exit status 1)\n" +
				"they have to be given where sss takes them from (nsswitch.conf says subid: sss)",
		},
		{
			"silent", "exit 3",
			"bob has no sub-user-ids: PATH/getsubids bob: exit status 3\n" +
				"they have to be given where sss takes them from (nsswitch.conf says subid: sss)",
		},
		{
			"killed", "kill -9 $$",
			"bob has no sub-user-ids: PATH/getsubids bob: signal: killed\n" +
				"they have to be given where sss takes them from (nsswitch.conf says subid: sss)",
		},
		{"empty", "", "bob has no sub-user-ids: PATH/getsubids lists none"},
		{"zero", "echo 0: bob 5 0", "bob has no sub-user-ids: PATH/getsubids lists none"},
		{"words", "echo 0: bob 5", `getsubids: "0: bob 5\n" is not NUMBER: USER FIRST COUNT`},
		{"no number", "echo 0: bob 5 x", `getsubids: "0: bob 5 x\n": "x" is not a number of ids`},
		{
			"overlap", "echo 0: bob 5 10; echo 1: bob 14 1",
			"sub-user-ids of bob overlap: line 0 of getsubids has 5-14, line 1 of getsubids has 14-14\n" +
				"each id can be mapped once: an administrator has to change one of the two",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			script(t, "getsubids", c.script)
			s := files(t, map[string]string{"/etc/nsswitch.conf": "subid: sss\n", "/etc/subuid": "bob:1:1\n"})
			ranges, err := s.Lookup(Users, "bob", 1001)
			if got := withoutPath(message(s, err)); got != c.want || ranges != nil {
				t.Errorf("%v and\n%s\nwant\n%s", ranges, got, c.want)
			}
		})
	}
}

func TestNamesWithBlanks(t *testing.T) {
	script(t, "getsubids", `echo "0: EXAMPLE\\\\domain user 100000 65536"`)
	s := files(t, map[string]string{"/etc/nsswitch.conf": "subid: sss\n"})
	if got, err := s.Lookup(Users, `EXAMPLE\domain user`, 9); err != nil || !slices.Equal(got, []Range{{100000, 65536}}) {
		t.Errorf("%v (%v)", got, err)
	}
}

// TestNoGetsubids: the files are the next best thing, and the error says what is missing.
func TestNoGetsubids(t *testing.T) {
	noPrograms(t)
	s := files(t, map[string]string{
		"/etc/nsswitch.conf": "subid: sss\n", "/etc/passwd": passwd, "/etc/subuid": "alice:1:1\n", "/etc/subgid": "",
	})
	if got, err := s.Lookup(Users, "alice", 1000); err != nil || !slices.Equal(got, []Range{{1, 1}}) {
		t.Errorf("%v (%v)", got, err)
	}
	const want = "bob has no sub-user-ids: no line of /etc/subuid gives any\n" +
		`nsswitch.conf takes sub-ids from "sss", which only getsubids(1) can ask; ` +
		"it is in the package uidmap (Debian, Ubuntu) or shadow-utils-subid (Fedora)\n" +
		"an administrator can give them: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 bob"
	_, err := s.Lookup(Users, "bob", 1001)
	if got := message(s, err); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
