package cmdline

import (
	"os"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/remedy"
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
		{"--tmpfs=/x:size=18446744073709551617", "more than a tmpfs can have"},
		{"--tmpfs=/x:size=9223372036854775808", "more than a tmpfs can have"},
		{"--tmpfs=/x:mode=700,size=5000000000000g", "more than a tmpfs can have"},
		{"--tmpfs=/x:size=8388608T", "more than a tmpfs can have"},
		{"--tmpfs=/x:size=5000%", "more than a tmpfs can have"},
		{"--ephemeral=", "--ephemeral: the argument is empty"},
		{"--native=", "--native: the argument is empty"},
		{"--native=,", `--native: the list "," is empty`},
		{"--mount-binfmt=", "--mount-binfmt: the argument is empty"},
		{"--user=", "--user= needs a file"},
		{"--whitelist-env=", "--whitelist-env: the argument is empty"},
		{"--whitelist-env=HOME,", `--whitelist-env: "" is not the name`},
		{"--whitelist-env=HOME,,A=b", `--whitelist-env: "" is not the name`},
		{"--whitelist-env=A=b", `--whitelist-env: "A=b" is not the name`},
		{"-l@", "--load-interp: the name of the file is missing"},
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

// The largest sizes that a tmpfs can be given.
func TestTmpfsSizes(t *testing.T) {
	for _, size := range []string{"9223372036854775807", "8388607T", "8589934591g", "150%", "0"} {
		parsed(t, "--tmpfs=/x:size="+size)
	}
}

// An error says what to type.
func TestOptionHints(t *testing.T) {
	for _, c := range []struct{ line, hint string }{
		{"--bind=./a:b:/mnt", `'--bind=a\:b:/mnt'`},
		{"--ephemeral=", "write --ephemeral"},
		{"--whitelist-env=", "--clear-env"},
		{"--whitelist-env=A=b", "--whitelist-env=HOME,TERM"},
	} {
		_, err := Parse(append([]string{"xunshare"}, strings.Fields(c.line)...))
		if hints := strings.Join(remedy.Hints(err), "\n"); !strings.Contains(hints, c.hint) {
			t.Errorf("%s: %v, %q, want %q", c.line, err, hints, c.hint)
		}
	}
}

// A relative path in a directory that has been removed.
func TestNoWorkingDirectory(t *testing.T) {
	dir := t.TempDir() + "/dir"
	os.Mkdir(dir, 0o755)
	t.Chdir(dir)
	os.Remove(dir)
	for _, line := range []string{"--bind=.", "--ephemeral=x", "--native-root=x"} {
		_, err := Parse([]string{"xunshare", line})
		if err == nil || !strings.Contains(err.Error(), "starts at the working directory, which cannot be found") || remedy.Hints(err) == nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
