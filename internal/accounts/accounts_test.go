package accounts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const passwd = `# comment:x:0:0:::
root:x:0:0:root:/root:/bin/bash

short
user:x:1000:1000:A User,,,:/home/user:/bin/zsh
again:x:1000:1000::/:/bin/false
`

func TestFind(t *testing.T) {
	for _, c := range []struct {
		field       int
		value, want string
	}{
		{Name, "root", "/bin/bash"}, {ID, "1000", "/bin/zsh"}, {Name, "short", ""}, {Name, "nobody", "-"}, {Name, "# comment", "-"},
	} {
		got := "-"
		if f := Find(strings.NewReader(passwd), func(f []string) bool { return f[c.field] == c.value }); f != nil {
			got = f[Shell]
		}
		if got != c.want {
			t.Errorf("%d %q: shell %q, want %q", c.field, c.value, got, c.want)
		}
	}
}

func TestFindIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwd")
	all := func([]string) bool { return true }
	if f := FindIn(file, all); f != nil {
		t.Errorf("a missing file has %q", f)
	}
	if err := os.WriteFile(file, []byte(passwd), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := FindIn(file, all); len(f) == 0 || f[Name] != "root" {
		t.Errorf("the first line is %q", f)
	}
}
