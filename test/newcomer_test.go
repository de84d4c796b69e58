package test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// hostName is the name of the caller, or of the caller's group, on the host.
func hostName(t *testing.T, option string) string {
	t.Helper()
	out, err := exec.Command("id", option).Output()
	if err != nil {
		t.Fatalf("the tests need a user with a name: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// Under --map=current the caller is somebody in the tree: with a name, groups, and a home that can
// be written to. Nothing of it is on the disk.
func TestNewcomer(t *testing.T) {
	me, group := hostName(t, "-un"), hostName(t, "-gn")
	uid, gid := os.Getuid(), os.Getgid()
	const home = "/run/xunshare/home"
	script := `whoami; id -u; id -g; id -gn; id >/dev/null && echo known; cd ~ && pwd && touch x && ls; echo $USER $LOGNAME $HOME; stat -c %U x`
	want := fmt.Sprintf("%s\n%d\n%d\n%s\nknown\n%s\nx\n%s %s %s\n%s\n", me, uid, gid, group, home, me, me, home, me)
	for _, arch := range []string{native, "arm64"} {
		root := copyOf(t, arch)
		check := untouched(t, root)
		for _, options := range []string{"--map=current", "--map=current --fake-ids", "--map=current --ephemeral", "--map=current --read-only",
			"--map=current --ephemeral=" + t.TempDir() + "/k", "--map=auto --map=current --init", "--map=current --bind=/etc:/usr/local"} {
			for range 2 {
				into(t, root, options, script).want(t, want)
			}
			check(t)
		}
	}
	run(t, "--into="+system(native), "--map=current", "/bin/sh", "-c", script+"; getent passwd $USER | cut -d: -f 1,3,4,6; getent group "+group+" | cut -d: -f 1,3; getent passwd root | cut -d: -f 1").
		want(t, want+fmt.Sprintf("%s:%d:%d:%s\n%s:%d\nroot\n", me, uid, gid, home, group, gid))
}

// What the tree knows already counts, and the host's home if it is there.
func TestNewcomerIsKnown(t *testing.T) {
	me, uid := hostName(t, "-un"), os.Getuid()
	const script = "whoami; echo $HOME; cd ~; pwd; tail -n 1 /etc/passwd | cut -d: -f 1"
	root := copyTree(t)
	os.MkdirAll(root+"/home/bob", 0o755)
	passwd, _ := os.ReadFile(root + "/etc/passwd")
	write(t, root+"/etc/passwd", string(passwd)+fmt.Sprintf("bob:x:%d:%d::/home/bob:/bin/sh\n", uid, os.Getgid()), 0o644)
	into(t, root, "--map=current", script).want(t, "bob\n/home/bob\n/home/bob\nbob\n")
	into(t, root, "--map-user=77", "whoami; id -u").want(t, me+"\n77\n")

	write(t, root+"/etc/passwd", string(passwd)+me+":x:5:5::/:/bin/sh", 0o644) // the name is another's, and the line has no end
	taken := fmt.Sprintf("user%d", uid)
	into(t, root, "--map=current", script).want(t, taken+"\n/run/xunshare/home\n/run/xunshare/home\n"+taken+"\n")
	into(t, root, "", "whoami; tail -n 1 /etc/passwd | cut -d: -f 1").want(t, "root\n"+me+"\n")

	entry, err := exec.Command("getent", "passwd", fmt.Sprint(uid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	home := strings.Split(string(entry), ":")[5]
	write(t, root+"/etc/passwd", string(passwd), 0o644)
	if err := os.MkdirAll(root+home, 0o755); err != nil {
		t.Fatal(err)
	}
	into(t, root, "--map=current", script).want(t, me+"\n"+home+"\n"+home+"\n"+me+"\n")
	os.Chmod(root+home, 0o555)
	into(t, root, "--map=current", script).want(t, me+"\n/run/xunshare/home\n/run/xunshare/home\n"+me+"\n")
	into(t, root, "--map=current --bind="+t.TempDir()+":"+home, script+"; touch ~/x").want(t, me+"\n"+home+"\n"+home+"\n"+me+"\n")
	into(t, root, "--map=current --ro-bind="+t.TempDir()+":"+home, script).want(t, me+"\n/run/xunshare/home\n/run/xunshare/home\n"+me+"\n")
	for _, spoil := range []func(path string) error{fifo, link("/nosuch"), link("passwd"), os.Remove, func(path string) error { return os.Mkdir(path, 0o755) }} {
		os.RemoveAll(root + "/etc/passwd")
		spoil(root + "/etc/passwd")
		into(t, root, "--map=current", "echo $USER; cd ~; pwd").want(t, me+"\n/run/xunshare/home\n")
	}
}

// Where somebody else lives inside, programs may change the accounts. What they change stays, but
// for the caller's own.
func TestNewcomerAmongOthers(t *testing.T) {
	me := hostName(t, "-un")
	for _, script := range []string{
		"echo new:x:7:7::/:/bin/sh >>/etc/passwd",
		"cp /etc/passwd /etc/p; echo new:x:7:7::/:/bin/sh >>/etc/p; mv /etc/p /etc/passwd",
		"sed -i s/^nobody/new/ /etc/passwd",
		"rm /etc/passwd; echo new:x:7:7::/:/bin/sh >/etc/passwd",
		"echo new:x:7: >>/etc/group; mv /etc/group /etc/g; sed s/new/newer/ /etc/g >/etc/group; rm /etc/g",
	} {
		root := copyTree(t)
		into(t, root, "--map=current --fake-ids", "tail -n 1 /etc/passwd | cut -d: -f 1; "+script).want(t, me+"\n")
		passwd, _ := os.ReadFile(root + "/etc/passwd")
		group, _ := os.ReadFile(root + "/etc/group")
		if !strings.Contains(string(passwd)+string(group), "new") || strings.Contains(string(passwd)+string(group), me+":") || strings.Contains(string(passwd), "\n\n") {
			t.Errorf("%s: passwd is\n%sgroup is\n%s", script, passwd, group)
		}
	}
	root := copyTree(t)
	check := untouched(t, root)
	needSubIDs(t)
	into(t, root, "--map=current --map-auto", "whoami; cd ~; touch x; stat -c %U x").want(t, me+"\n"+me+"\n")
	into(t, root, "--map=current", "echo x 2>/dev/null >>/etc/passwd || mv /etc/passwd /p 2>/dev/null || echo refused").want(t, "refused\n")
	check(t)
}
