package test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// In an own tree root of the namespace writes whatever the modes are, its root's included; outside
// they stay as they are.
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
	note := "xunshare: note: " + root + " is mounted read-only, and stays so inside; --ephemeral allows changes, and discards them in the end\n"
	if r.status != 1 || !strings.HasPrefix(r.err, note) || !strings.Contains(r.err, "touch: /x: Read-only file system") {
		t.Errorf("%+v", r)
	}
}

// A tree of sub-ids, as mmdebstrap, LXC and podman make them, has its owner for root, and what is
// made in it is that one's.
func TestIntoTreeOfSubIDs(t *testing.T) {
	needSubIDs(t)
	for _, c := range []struct{ arch, owner, want string }{
		{native, "1:1", "0 2000000 65536, 65536 3000000 1000, 66536 1000 1"},
		{native, "65542:65542", "0 3000005 995, 995 2000000 65536, 66531 3000000 5, 66536 1000 1"},
		{"arm64", "1:1", "0 2000000 65536, 65536 3000000 1000, 66536 1000 1"},
	} {
		root := copyOf(t, c.arch)
		chown := func(owner string) { run(t, "-r", "--map-auto", "chown", "-R", owner, root).want(t, "") }
		t.Cleanup(func() { chown("0:0") })
		chown(c.owner)
		const script = "id -u; id -g; cat /proc/self/uid_map >/tmp/map; : >/x; stat -c %u:%g / /x /tmp /tmp/map; cat /tmp/map; rm /x /tmp/map"
		for _, options := range []string{"", "--map=subids", "--setenv=A=1 --init"} {
			r := into(t, root, options, script)
			out, found := strings.CutPrefix(r.out, "0\n0\n0:0\n0:0\n0:0\n0:0\n")
			if want := strings.ReplaceAll(c.want, " 1000 1", fmt.Sprintf(" %d 1", os.Getuid())); !found || r.err != "" || columns(out) != want {
				t.Errorf("%s %s: %+v, want %s", c.owner, options, r, want)
			}
		}
		into(t, root, "--ephemeral", ": >/x; stat -c %u:%g /x").want(t, "0:0\n")
	}
}

// A map that is written out is not overridden by --into, wherever it stands, or it is refused.
func TestIntoGivenMap(t *testing.T) {
	needSubIDs(t)
	for _, c := range []struct{ option, user, want string }{
		{"--map-users=0:2000000:100", "0", "0 2000000 100"},
		{"--map-users=0:3000000:5 --map-users=5:2000000:5", "0", "0 3000000 5, 5 2000000 5"},
		{"--map-users=1:2000000:10", "0", "0 ME 1, 1 2000000 10"},
		{"--map=root", "0", "0 ME 1"},
	} {
		for _, args := range [][]string{append(words(c.option), "--into="+tree(native)), append([]string{"--into=" + tree(native)}, words(c.option)...)} {
			r := run(t, append(args, "/bin/sh", "-c", "id -u; cat /proc/self/uid_map")...)
			user, out, _ := strings.Cut(r.out, "\n")
			if want := strings.ReplaceAll(c.want, "ME", fmt.Sprint(os.Getuid())); user != c.user || columns(out) != want {
				t.Errorf("%s: %+v, want %s", args, r, want)
			}
		}
	}
	me := fmt.Sprintf("--map-users=5:%d:1", os.Getuid())
	if r := run(t, "--into="+tree(native), me, "true"); r.status != 1 || !strings.Contains(r.err, me+" maps you") || !strings.Contains(r.err, "--map-user=ID") {
		t.Errorf("%+v", r)
	}
}
