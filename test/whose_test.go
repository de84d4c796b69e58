package test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// In an own tree root of the namespace writes whatever the modes are, its root's included; outside they stay as they are.
func TestIntoOwnTreeOfAnyMode(t *testing.T) {
	for _, arch := range []string{native, "arm64"} {
		root := copyOf(t, arch)
		for _, mode := range []os.FileMode{0o555, 0, 0o300, 0o700} {
			for _, options := range []string{"", "--map=root", "--bind=/etc:/etc/nosuch", "--setenv=A=1 --hostname=box"} {
				t.Run(fmt.Sprintf("%s %#o %s", arch, mode, options), func(t *testing.T) {
					os.Chmod(root, mode)
					into(t, root, options, "cd /; id -u; touch x /usr/x; ls x /usr/x; rm x /usr/x; : >/tmp/x; : >/run/x; rm /tmp/x /run/x; pwd").
						want(t, "0\n/usr/x\nx\n/\n")
					if info, err := os.Stat(root); err != nil || info.Mode().Perm() != mode {
						t.Errorf("the mode is %v afterwards (%v)", info.Mode(), err)
					}
				})
			}
			if arch == native {
				inTree(t, root, "-r", "touch /x && rm /x && echo made").want(t, "made\n")
			}
			into(t, root, "--read-only", "touch /x 2>/dev/null || echo refused").want(t, "refused\n")
		}
	}
}

// The modes of directories inside matter no more than that of the root.
func TestIntoClosedDirectories(t *testing.T) {
	root := copyTree(t)
	t.Cleanup(func() { exec.Command("chmod", "-R", "u+rwx", root).Run() })
	os.Mkdir(root+"/tmp", 0o755)
	for _, mode := range []os.FileMode{0o555, 0} {
		for _, dir := range []string{"/tmp", "/etc"} {
			os.Chmod(root+dir, mode)
		}
		into(t, root, "", "for d in /tmp /etc; do : >$d/made; done").want(t, "")
		for _, dir := range []string{"/tmp", "/etc"} {
			os.Chmod(root+dir, 0o755)
			if err := os.Remove(root + dir + "/made"); err != nil {
				t.Errorf("mode %v: what is made in the tree does not stay there: %v", mode, err)
			}
		}
	}
}

// In a tree of a=r a layer takes changes, without one they are made in the tree.
func TestIntoTreeWithoutW(t *testing.T) {
	root := copyTree(t)
	if out, err := exec.Command("chmod", "-R", "a-w", root).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	t.Cleanup(func() { exec.Command("chmod", "-R", "u+w", root).Run() })
	check := untouched(t, root)
	const change = "echo y >/etc/x; rm /usr/bin/id; "
	const seen = "cat /etc/x; ls /usr/bin/id 2>/dev/null; true"
	into(t, root, "--ephemeral", change+seen).want(t, "y\n")
	into(t, root, "--ephemeral", "ls /etc/x 2>/dev/null; ls /usr/bin/id").want(t, "/usr/bin/id\n")
	keep := t.TempDir() + "/keep"
	into(t, root, "--ephemeral="+keep, change).want(t, "")
	into(t, root, "--ephemeral="+keep, seen).want(t, "y\n")
	exec.Command("chmod", "-R", "u+w", keep).Run() // for who removes it
	into(t, root, "--read-only", ": >/tmp/x; : >/run/x; touch /etc/x 2>&1 || true").want(t, "touch: /etc/x: Read-only file system\n")
	check(t)
	into(t, root, "", change+seen).want(t, "y\n")
	into(t, root, "--ephemeral", seen).want(t, "y\n")
}

// What is mounted read-only stays so, with a sentence.
func TestIntoReadOnlyMount(t *testing.T) {
	root := copyTree(t)
	script := "mount --bind " + root + " " + root + " && mount -o remount,bind,ro " + root + " && exec " + binary() +
		" --into=" + root + " --map=root /bin/sh -c ': >/tmp/x; : >/run/x; touch /x'"
	r := run(t, "-rm", "sh", "-c", script)
	note := "xunshare: note: " + root + " is mounted read-only, and stays so inside; --ephemeral lets changes be made, and forgets them\n"
	if r.status != 1 || !strings.HasPrefix(r.err, note) || !strings.Contains(r.err, "touch: /x: Read-only file system") {
		t.Errorf("%+v", r)
	}
}
