package cmdline

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// An option file means what it would on the command line, where it is named.
func TestConfig(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Chdir(dir)
	os.MkdirAll(dir+"/xunshare", 0o755)
	os.Mkdir(dir+"/plain", 0o755)
	os.Mkdir(dir+"/xunshare/folder.conf", 0o755)
	for name, text := range map[string]string{
		"/file":                 "# a comment\n\n  -rpf\n--setenv  A=two words  \n--bind=/a b:/c\n\t--no-new-privs\r\n",
		"/xunshare/laptop.conf": "--into /chroot/ppc\n--tmpfs /x\n",
		"/empty":                "",
		"/bad":                  "--setenv A=1\n\n--nosuch\n",
		"/program":              "-r\nprogram\n",
		"/none":                 "--dev now\n",
		"/dashes":               "-r\n--\n",
		"/nested":               "--config /file\n",
		"/named":                "--dev\n--into laptop\n",
		"/xunshare/loop.conf":   "-r\n--into loop\n",
	} {
		if err := os.WriteFile(dir+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	into := func(root string, more ...string) []string {
		return slices.Concat(preset[:], []string{"--root=" + root}, more)
	}
	for _, c := range []struct {
		line string
		want []string
		says string
	}{
		{"--config=file -n", []string{"--map-root-user=", "--pid=", "--fork=", "--setenv=A=two words", "--bind=/a b:/c", "--no-new-privs=", "--net="}, ""},
		{"--config=empty", nil, ""},
		{"--into=laptop --dev", into("/chroot/ppc", "--into=/chroot/ppc", "--tmpfs=/x", "--dev="), ""},
		{"--into=plain", into("plain", "--into=plain"), ""},
		{"--into=./laptop", into("./laptop", "--into=./laptop"), ""},
		{"--dev --into=/a --into=/b", into("/b", "--dev=", "--into=/a", "--into=/b"), ""},
		{"--into=nosuch", nil, "there is neither " + dir + "/xunshare/nosuch.conf nor a directory of that name"},
		{"--config=bad", nil, "bad:3: there is no option --nosuch"},
		{"--config=program", nil, `program:2: "program" is not an option`},
		{"--config=dashes", nil, `dashes:2: "--" is not an option`},
		{"--config=none", nil, `none:1: "now" is not an option`},
		{"--config=nested", nil, "nested:1: an option file cannot name another one"},
		{"--config=named", into("/chroot/ppc", "--dev=", "--into=/chroot/ppc", "--tmpfs=/x"), ""},
		{"--into=loop", nil, "loop.conf:2: --into=loop: this option file is being read already"},
		{"--into=folder", nil, "--into=folder: " + dir + "/xunshare/folder.conf: is a directory"},
		{"--config=missing", nil, "--config=missing: no such file or directory"},
		{"--config=plain", nil, "--config=plain: is a directory"},
	} {
		options, _, err := normalize(strings.Fields(c.line))
		if err == nil {
			options, err = expand(options)
			options = withPreset(options, preset[:])
		}
		switch {
		case c.says != "":
			if err == nil || !strings.HasSuffix(err.Error(), c.says) {
				t.Errorf("%s: %v, want %s", c.line, err, c.says)
			}
		case err != nil || !slices.Equal(options, c.want):
			t.Errorf("%s: %v, %q, want %q", c.line, err, options, c.want)
		}
	}
}

func TestHostnameOf(t *testing.T) {
	for dir, want := range map[string]string{"/chroot/ppc": "ppc", "/a/b c_d": "b-c-d", "/": "", "/x/" + strings.Repeat("a", 99): strings.Repeat("a", 64), "/.": "", "/x/-": ""} {
		if got := hostnameOf(dir); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}
