package root

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// Root has all ids, and so may change the trees of others; with one id mapped alone it may not, and
// is told so.
func TestIntoOthersTree(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root can try what root can do")
	}
	dir, root := os.Getenv(asuser.Dir), t.TempDir()+"/tree"
	for _, argv := range [][]string{{"cp", "-a", dir + "/tree/.", root}, {"mkdir", "-p", root + "/run"}, {"chown", "-R", "1000:1000", root}} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	const note = "xunshare: note: "
	for _, c := range []struct {
		options []string
		want    string
	}{
		{nil, "0\n1000\n"},
		{[]string{"--ephemeral"}, "0\n1000\n"},
		{[]string{"--map=root", "--ephemeral"}, "0\n0\n"},
		{[]string{"--map=root"}, note + root + " belongs to another user, so it is read-only inside, unless --read-only=no is given for what is yours in it; --ephemeral allows changes, and discards them in the end\ntouch: /etc/x: Read-only file system\n"},
	} {
		args := append([]string{"--into=" + root}, c.options...)
		out, _ := exec.Command(dir+"/xunshare", append(args, "/bin/sh", "-c", "touch /etc/x && stat -c %u /etc/x /etc")...).CombinedOutput()
		if got := string(out); got != c.want {
			t.Errorf("%s: %q, want %q", strings.Join(c.options, " "), got, c.want)
		}
		os.Remove(root + "/etc/x")
	}
}

// A launch in place looks into the root that it has entered already, where there may be no /proc.
func TestFailedInPlace(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root can enter a root in place")
	}
	dir, root := os.Getenv(asuser.Dir), t.TempDir()+"/tree"
	const fill = `cp -a "$0/." "$1"; cd "$1"; cp -L bin/busybox foreign; printf '\267' | dd of=foreign bs=1 seek=18 conv=notrunc 2>/dev/null; echo text >plain; mkdir d`
	if out, err := exec.Command("sh", "-c", fill, dir+"/tree", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, options := range [][]string{{"--root=" + root}, {"--mount", "--root=" + root}} {
		for program, want := range map[string]string{
			"nosuch":   "nosuch: there is no such program in " + root + "\n",
			"/nosuch":  "/nosuch: there is no such program in " + root + "\n",
			"/foreign": "/foreign: is a program for aarch64, and no rule runs it here\nxunshare: hint: let an emulator run it: --arch=auto\n",
			"/plain":   "/plain: is not executable (mode 0644)\nxunshare: hint: chmod +x " + root + "/plain\n",
			"/d":       "/d: is a directory, not a program\n",
		} {
			out, _ := exec.Command(dir+"/xunshare", append(options, program)...).CombinedOutput()
			if got := string(out); !strings.HasPrefix(got, "xunshare: "+want) {
				t.Errorf("%v %s: %q, want %q", options, program, got, want)
			}
		}
	}
}

// An ordinary user may do so with a tree of root's in a throw-away layer, where what belongs to
// others in the system does so inside.
func TestEphemeralRootsTree(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root can make a tree of root's")
	}
	dir := os.Getenv(asuser.Dir)
	root := dir + "/roots" // t.TempDir is root's alone
	defer os.RemoveAll(root)
	const fill = `cp -a "$0/." "$1"; cd "$1"; echo x >mail; chgrp 8 mail; chmod 2755 mail; ln -s mail link; chown -h 6:8 link; mkdir games; chown 5:60 games; chmod 1775 games`
	if out, err := exec.Command("sh", "-c", fill, dir+"/tree", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for ids, want := range map[string]string{
		"auto": "0 0 755 /\n0 8 2755 /mail\n6 8 777 /link\n5 60 1775 /games\nx\ny\n",
		"root": "0 0 755 /\n0 0 2755 /mail\n0 0 777 /link\n0 0 1775 /games\nx\ny\n",
	} {
		cmd := exec.Command(dir+"/xunshare", "--into="+root, "--map="+ids, "--ephemeral", "/bin/sh", "-c",
			`stat -c "%u %g %a %n" / /mail /link /games; echo y >>/mail; cat /link`)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: asuser.ID, Gid: asuser.ID}}
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != want {
			t.Errorf("%s: %v, %q, want %q", ids, err, out, want)
		}
	}
}
