package test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/test/asuser"
)

// hostServers is the host's resolv.conf.
func hostServers(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		asuser.Skip(t, "the host has none")
	}
	return string(text)
}

// In a tree that can be written to, what programs do to /etc/resolv.conf works, whatever it is, and
// the result stays.
func TestResolverCanBeReplaced(t *testing.T) {
	host := hostServers(t)
	for name, prepare := range map[string]func(path string) error{
		"a file of others": func(path string) error { return os.WriteFile(path, []byte("nameserver 192.0.2.1\n"), 0o644) },
		"a useless file":   func(path string) error { return os.WriteFile(path, []byte("old\n"), 0o644) },
		"an empty file":    func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"the same file":    func(path string) error { return os.WriteFile(path, []byte(host), 0o644) },
		"systemd's link":   link("../run/systemd/resolve/stub-resolv.conf"),
		"OpenWrt's link":   link("/tmp/resolv.conf"),
		"a link to /":      link("/resolv.conf"),
		"no way":           link("/nosuch/x"),
	} {
		for _, c := range []struct{ script, text, link string }{
			{"ln -sf x /etc/resolv.conf", "", "x"},
			{"rm /etc/resolv.conf", "", ""},
			{"echo y >/etc/y; mv /etc/y /etc/resolv.conf", "y\n", ""},
			{"cd /etc; echo y >y; mv y ../etc/resolv.conf", "y\n", ""},
			{"unshare -m ln -sf x /etc/resolv.conf", "", "x"},
			{"rm /etc/resolv.conf; echo y >/etc/resolv.conf", "y\n", ""},
		} {
			t.Run(name+"/"+c.script, func(t *testing.T) {
				root := copyTree(t)
				path := root + "/etc/resolv.conf"
				if err := prepare(path); err != nil {
					t.Fatal(err)
				}
				into(t, root, "", "cat /etc/resolv.conf; "+c.script).want(t, host)
				if to, _ := os.Readlink(path); to != c.link {
					t.Errorf("a link to %q", to)
				}
				if text, _ := os.ReadFile(path); string(text) != c.text {
					t.Errorf("has %q", text)
				}
				if left, _ := filepath.Glob(root + "/*resolv.conf"); left != nil {
					t.Error(left)
				}
			})
		}
	}
}

// What is written to it stays as well, where it is a file.
func TestResolverCanBeWritten(t *testing.T) {
	host := hostServers(t)
	for _, c := range []struct{ options, script, want string }{
		{"", "echo y >/etc/resolv.conf; cat /etc/resolv.conf", "y\n"},
		{"", "echo y >>/etc/resolv.conf; cat /etc/resolv.conf", host + "y\n"},
		{"", "echo y >/etc/resolv.conf; mv /etc/resolv.conf /etc/a; cp /etc/a /etc/resolv.conf; cat /etc/resolv.conf", "y\n"},
		{"--map=current --fake-ids", "echo y >/etc/resolv.conf; cat /etc/resolv.conf", "y\n"},
		{"--map=current", "echo y >/etc/y; mv /etc/y /etc/resolv.conf; cat /etc/resolv.conf", "y\n"},
		{"--fake-ids", "echo y >/etc/y; mv /etc/y /etc/resolv.conf; cat /etc/resolv.conf", "y\n"},
		{"--suppress-sync", "rm /etc/resolv.conf; echo y >/etc/resolv.conf; cat /etc/resolv.conf", "y\n"},
	} {
		root := copyTree(t)
		write(t, root+"/etc/resolv.conf", "old\n", 0o644)
		into(t, root, c.options, c.script).want(t, c.want)
		if text, _ := os.ReadFile(root + "/etc/resolv.conf"); string(text) != c.want {
			t.Errorf("%s: %q stays", c.script, text)
		}
	}
}

// Wherever the tree's resolv.conf leads, no directory becomes read-only, no device is replaced, and
// the launch works.
func TestResolverLeadsAnywhere(t *testing.T) {
	host := hostServers(t)
	for name, c := range map[string]struct {
		prepare func(root string) error
		shown   bool
		note    string
	}{
		"tmp":           {toLink("/tmp/resolv.conf"), true, ""},
		"root":          {toLink("/resolv.conf"), true, ""},
		"no directory":  {toLink("/opt/a/b"), true, ""},
		"run":           {toLink("/run/systemd/resolve/stub-resolv.conf"), true, ""},
		"var run":       {toLink("/var/run/resolv.conf"), true, ""},
		"a chain":       {func(root string) error { os.Symlink("/tmp/b", root+"/a"); return toLink("../a")(root) }, true, ""},
		"a file":        {func(root string) error { write(t, root+"/tmp/f", "x", 0o600); return toLink("/tmp/f")(root) }, true, ""},
		"proc":          {toLink("/proc/net/pnp"), false, "leads to /proc/self/net/pnp, which is the kernel's"},
		"proc, nothing": {toLink("/proc/nosuch/x"), false, "which is the kernel's"},
		"sys":           {toLink("/sys/x"), false, "which is the kernel's"},
		"null":          {toLink("/dev/null"), false, "which is not a file"},
		"null, upward":  {toLink("../dev/null"), false, "which is not a file"},
		"dev":           {toLink("/dev/resolv.conf"), true, ""},
		"a fifo":        {func(root string) error { fifo(root + "/f"); return toLink("/f")(root) }, false, "which is not a file"},
		"a directory":   {toLink("/usr"), false, "it is a directory"},
		"a loop":        {toLink("resolv.conf"), false, "leads nowhere"},
		"out":           {toLink("../../../../../x"), true, ""},
	} {
		for _, options := range []string{"", "--ephemeral", "--read-only", "--ephemeral=KEEP"} {
			t.Run(name+options, func(t *testing.T) {
				root := copyTree(t)
				if err := c.prepare(root); err != nil {
					t.Fatal(err)
				}
				check := untouched(t, root)
				options := strings.ReplaceAll(options, "KEEP", t.TempDir()+"/k")
				for range 2 {
					r := into(t, root, options, "ls -l /dev/null | cut -c1-10; test ! -f /etc/resolv.conf || cat /etc/resolv.conf")
					shown := strings.HasSuffix(r.out, host)
					if r.status != 0 || !strings.HasPrefix(r.out, "crw-rw-rw-\n") || c.shown && !shown || !shown && !strings.Contains(r.err, c.note) || c.note == "" && r.err != "" {
						t.Errorf("%+v", r)
					}
				}
				check(t)
			})
		}
		root := copyTree(t)
		if err := c.prepare(root); err != nil {
			t.Fatal(err)
		}
		into(t, root, "", "touch /new /etc/new /tmp/new /usr/new /var/new")
		for _, dir := range []string{"", "/etc", "/tmp", "/usr", "/var"} {
			if _, err := os.Stat(root + dir + "/new"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func toLink(text string) func(root string) error {
	return func(root string) error {
		os.Remove(root + "/etc/resolv.conf")
		return os.Symlink(text, root+"/etc/resolv.conf")
	}
}

// A program may put something that is not a file where what was written has to go in the end. The
// launch waits for nobody to read it, and says what is lost.
func TestResolverBecomesFIFO(t *testing.T) {
	hostServers(t)
	const becomes = "exec 5>>/etc/resolv.conf; rm /etc/resolv.conf; busybox mkfifo /etc/resolv.conf; echo y >&5"
	for script, said := range map[string]string{
		becomes: "is not kept in the tree: open /etc/resolv.conf: it is not a file any more",
		becomes + "; mv /etc/resolv.conf /etc/x; mv /etc/x /etc/resolv.conf": "",
	} {
		root := copyTree(t)
		write(t, root+"/etc/resolv.conf", "old\n", 0o644)
		limited, cancel := context.WithTimeout(t.Context(), patience)
		cmd := exec.CommandContext(limited, binary(), "--into="+root, "/bin/sh", "-c", script+"; echo ends")
		cmd.WaitDelay = time.Second
		r := finish(t, cmd)
		cancel()
		if r.status != 0 || r.out != "ends\n" || !strings.Contains(r.err, said) {
			t.Errorf("%s: %+v", script, r)
		}
	}
}
