package cmdline

import (
	"strings"
	"testing"
)

func TestCutPath(t *testing.T) {
	for _, c := range []struct {
		in, path, rest string
		found          bool
	}{
		{"/a", "/a", "", false},
		{"/a:/b", "/a", "/b", true},
		{"/a:", "/a", "", true},
		{`/a\:b:/c\:d`, "/a:b", `/c\:d`, true},
		{`/a\\:/b`, `/a\`, "/b", true},
		{`/a\b\`, `/a\b\`, "", false},
		{"", "", "", false},
	} {
		path, rest, found := cutPath(c.in)
		if path != c.path || rest != c.rest || found != c.found {
			t.Errorf("%q is %q, %q, %v", c.in, path, rest, found)
		}
	}
}

func TestMountOptionErrors(t *testing.T) {
	for _, c := range []struct{ option, says string }{
		{"--bind=", "is not SRC[:DST]"},
		{"--bind=:/x", "is not SRC[:DST]"},
		{"--bind=/x:", "is not SRC[:DST]"},
		{"--bind=/x:y", "has to be an absolute path"},
		{"--tmpfs=x", "has to be an absolute path"},
		{"--tmpfs=", "empty"},
		{"--tmpfs=/x:uid=0", "neither size"},
		{"--tmpfs=/x:size=", "neither size"},
		{"--tmpfs=/x:size=1gg", "neither size"},
		{"--tmpfs=/x:mode=8", "neither size"},
		{"--resolv-conf=on", "neither auto nor off"},
		{"--hostname=" + string(make([]byte, 65)), "at most 64 bytes"},
		{"--setenv=A", "is not NAME=VALUE"},
		{"--setenv==x", "is not NAME=VALUE"},
		{"--unsetenv=", "name of a variable"},
		{"--unsetenv=A=b", "name of a variable"},
		{"--bind-self=", "empty"},
		{"--bind-self=x", "absolute"},
	} {
		_, err := Parse([]string{"xunshare", c.option, "true"})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.option, err, c.says)
		}
	}
}
