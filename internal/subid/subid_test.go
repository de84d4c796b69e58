package subid

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"
)

const passwd = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n"

func TestLookup(t *testing.T) {
	noPrograms(t)
	one := []Range{{100000, 65536}}
	high := uint32(4294967294) // negative as an int of 32 bits
	for _, c := range []struct {
		name, text string
		user       string
		uid        int
		want       []Range
	}{
		{"by name", "bob:200000:10\nalice:100000:65536\n", "alice", 1000, one},
		{"by id", "bob:200000:10\n1000:100000:65536\n", "alice", 1000, one},
		{"by id with zeros", "01000:100000:65536\n", "alice", 1000, one},
		{"all lines", "alice:100000:65536\nbob:200000:10\n1000:300000:7\nalice:50:1\n", "alice", 1000, []Range{{100000, 65536}, {300000, 7}, {50, 1}}},
		{"side by side", "alice:100:10\nalice:110:10\n", "alice", 1000, []Range{{100, 10}, {110, 10}}},
		{"root is not the first name", "alice:200000:10\nroot:100000:65536\n", "root", 0, one},
		{"root by id", "alice:200000:10\n0:100000:65536\n", "root", 0, one},
		{"a name that begins with the id", "1000x:1:1\n 1000:1:1\n+1000:1:1\n1000:100000:65536\n", "alice", 1000, one},
		{"a name that begins the same", "alice2:1:1\nali:1:1\nalice:100000:65536\n", "alice", 1000, one},
		{"zero counts", "alice:0:0\nalice:100000:65536\nalice:100000:0\n", "alice", 1000, one},
		{"other lines are bad", "# alice:1:1\n\nbad\nbob:x:y\nbob\n:::::\nalice:100000:65536\n", "alice", 1000, one},
		{"no newline at the end", "alice:100000:65536", "alice", 1000, one},
		{"the last id", "alice:4294967290:5\n", "alice", 1000, []Range{{4294967290, 5}}},
		{"a high user id", "4294967294:100000:65536\n", "high", int(high), one},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind, file := range map[Kind]string{Users: "/etc/subuid", Groups: "/etc/subgid"} {
				s := files(t, map[string]string{file: c.text, "/etc/passwd": passwd})
				got, err := s.Lookup(kind, c.user, c.uid)
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%s: %v (%v), want %v", kind, got, err, c.want)
				}
			}
		})
	}
}

const malformed = "\na line is NAME:FIRST:COUNT (subuid(5)), for example alice:100000:65536"

func TestLookupFails(t *testing.T) {
	noPrograms(t)
	for _, c := range []struct{ name, text, want string }{
		{"two fields", "bob:1:1\nalice:100000\n", `/etc/subuid:2: "alice:100000": it has 2 fields, not 3` + malformed},
		{"four fields", "alice:1:2:3\n", `/etc/subuid:1: "alice:1:2:3": it has 4 fields, not 3` + malformed},
		{"one field", "\n\n1000\n", `/etc/subuid:3: "1000": it has 1 fields, not 3` + malformed},
		{"no number", "alice:x:1\n", `/etc/subuid:1: "alice:x:1": "x" is not an id` + malformed},
		{"a negative one", "alice:-1:1\n", `/etc/subuid:1: "alice:-1:1": "-1" is not an id` + malformed},
		{"hexadecimal", "alice:0x10:1\n", `/etc/subuid:1: "alice:0x10:1": "0x10" is not an id` + malformed},
		{"too large", "alice:4294967296:1\n", `/etc/subuid:1: "alice:4294967296:1": "4294967296" is not an id` + malformed},
		{"no count", "alice:1:\n", `/etc/subuid:1: "alice:1:": "" is not a number of ids` + malformed},
		{"a carriage return", "alice:1:1\r\n", `/etc/subuid:1: "alice:1:1\r": "1\r" is not a number of ids` + malformed},
		{"past the end", "alice:4294967290:6\n", `/etc/subuid:1: "alice:4294967290:6": it passes the highest id, 4294967294` + malformed},
		{"one bad line of two", "alice:100000:65536\nalice:x:1\n", `/etc/subuid:2: "alice:x:1": "x" is not an id` + malformed},
		{
			"overlap", "alice:100000:65536\nbob:1:1\nalice:300000:5\n1000:165535:1\n",
			"sub-user-ids of alice overlap: /etc/subuid:1 has 100000-165535, /etc/subuid:4 has 165535-165535\n" +
				"each id can be mapped once: an administrator has to change one of the two",
		},
		{
			"the same twice", "alice:5:10\nalice:5:10\n",
			"sub-user-ids of alice overlap: /etc/subuid:1 has 5-14, /etc/subuid:2 has 5-14\n" +
				"each id can be mapped once: an administrator has to change one of the two",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := files(t, map[string]string{"/etc/subuid": c.text, "/etc/subgid": "", "/etc/passwd": passwd})
			ranges, err := s.Lookup(Users, "alice", 1000)
			if got := message(s, err); got != c.want || ranges != nil {
				t.Errorf("%v and\n%s\nwant\n%s", ranges, got, c.want)
			}
		})
	}
}

const (
	noUsers  = "alice has no sub-user-ids: no line of /etc/subuid gives any\nan administrator can give them: "
	noGroups = "alice has no sub-group-ids: no line of /etc/subgid gives any\nan administrator can give them: "
)

// TestNone has users without a range, and what an administrator has to type.
func TestNone(t *testing.T) {
	noPrograms(t)
	for _, c := range []struct {
		name           string
		kind           Kind
		subuid, subgid string // "-" for no file
		want           string
	}{
		{"nobody has any", Users, "", "", noUsers + "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice"},
		{"of groups too", Groups, "", "", noGroups + "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice"},
		{"only groups lack", Groups, "1000:5:5\n", "", noGroups + "sudo usermod --add-subgids 100000-165535 alice"},
		{"only users lack", Users, "", "alice:5:5\n", noUsers + "sudo usermod --add-subuids 100000-165535 alice"},
		{"zero ids", Users, "alice:200000:0\n", "", noUsers + "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice"},
		{
			"others have some", Users, "bob:100000:65536\n", "bob:100000:65536\n",
			noUsers + "sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 alice",
		},
		{
			"others have more groups", Users, "bob:100000:65536\n", "root:231072:65536\nbob:165536:65536\n",
			noUsers + "sudo usermod --add-subuids 296608-362143 --add-subgids 296608-362143 alice",
		},
		{
			"there is a gap", Users, "bob:100000:10\nbob:65646:100\ncarl:165546:5\n", "dora:500000:5\n",
			noUsers + "sudo usermod --add-subuids 100010-165545 --add-subgids 100010-165545 alice",
		},
		{"zero ids of others", Users, "bob:120000:0\n", "", noUsers + "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice"},
		{
			"nothing is left", Users, "root:0:4294967295\n", "",
			"alice has no sub-user-ids: no line of /etc/subuid gives any\n" +
				"an administrator can give the user a range of ids: see usermod(8), --add-subuids and --add-subgids",
		},
		{
			"no file", Users, "-", "",
			"alice has no sub-user-ids: there is no file /etc/subuid\n" +
				"an administrator can give them: echo alice:100000:65536 | sudo tee -a /etc/subuid /etc/subgid",
		},
		{
			"no file of groups", Groups, "alice:5:5\n", "-",
			"alice has no sub-group-ids: there is no file /etc/subgid\n" +
				"an administrator can give them: echo alice:100000:65536 | sudo tee -a /etc/subgid",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := map[string]string{"/etc/passwd": passwd, "/etc/subuid": c.subuid, "/etc/subgid": c.subgid}
			for path, text := range texts {
				if text == "-" {
					delete(texts, path)
				}
			}
			s := files(t, texts)
			ranges, err := s.Lookup(c.kind, "alice", 1000)
			if got := message(s, err); got != c.want || ranges != nil {
				t.Errorf("%v and\n%s\nwant\n%s", ranges, got, c.want)
			}
		})
	}
}

// Root is told what needs no sub-ids, and the range only where it could be mapped.
func TestRootWithout(t *testing.T) {
	noPrograms(t)
	s := files(t, map[string]string{"/etc/passwd": "root:x:0:0::/:/bin/sh\n", "/etc/subuid": "alice:100000:65536\n", "/etc/subgid": ""})
	_, err := s.Lookup(Users, "root", 0)
	want := "root has no sub-user-ids: no line of /etc/subuid gives any\n--map=auto maps all ids that there are here, each to itself, and needs no sub-ids"
	if hereIs(0, 1<<32-2) {
		want += "; or an administrator can give them: sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 root"
	}
	if got := message(s, err); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestNotInPasswd: usermod(8) does not know users of a directory service.
func TestNotInPasswd(t *testing.T) {
	noPrograms(t)
	s := files(t, map[string]string{"/etc/passwd": passwd, "/etc/subuid": "", "/etc/subgid": ""})
	_, err := s.Lookup(Users, "ldap", 5000)
	const want = "ldap has no sub-user-ids: no line of /etc/subuid gives any\n" +
		"an administrator can give them: echo ldap:100000:65536 | sudo tee -a /etc/subuid /etc/subgid"
	if got := message(s, err); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestLookupCannotRead(t *testing.T) {
	noPrograms(t)
	s := files(t, nil)
	if err := os.MkdirAll(s.Root+"/etc/subuid", 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := s.Lookup(Users, "alice", 1000)
	var path *fs.PathError
	if !errors.As(err, &path) || message(s, err) != "look for the sub-user-ids of alice: read /etc/subuid: is a directory" {
		t.Errorf("%v", err)
	}
}

const noEntry = "user 1000 has no entry in the user database, and so no sub-ids\n" +
	"only users with an account can have sub-ids; map a single id: --map-root-user or --map-user"

func TestLookupWithoutName(t *testing.T) {
	s := files(t, map[string]string{"/etc/subuid": ":100000:65536\n1000:200000:65536\n"})
	if ranges, err := s.Lookup(Users, "", 1000); message(s, err) != noEntry || ranges != nil {
		t.Errorf("%v (%v)", ranges, err)
	}
}

func TestUserName(t *testing.T) {
	s := files(t, map[string]string{"/etc/passwd": passwd + ":x:1002:::\n"})
	script(t, "getent", `[ "$1" = passwd ] && [ "$2" = 1003 ] && echo "ldap:*:1003:1003::/:/bin/sh"`)
	for uid, want := range map[int]string{0: "root", 1000: "alice", 1001: "bob", 1003: "ldap"} {
		if got, err := s.UserName(uid); err != nil || got != want {
			t.Errorf("user %d is %q (%v), want %q", uid, got, err, want)
		}
	}
	for _, uid := range []int{1002, 1004} {
		if got, err := s.UserName(uid); err == nil || got != "" {
			t.Errorf("user %d is %q", uid, got)
		}
	}
	noPrograms(t)
	if _, err := (System{Root: t.TempDir()}).UserName(1000); message(s, err) != noEntry {
		t.Errorf("%v", err)
	}
}
