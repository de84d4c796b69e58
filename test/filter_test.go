package test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// changing makes the calls that package managers make. What is not mapped is left as it is, the
// rest is done; in place of devices there are files.
const changing = `
mkdir /tmp/changed && cd /tmp/changed
touch f && chown 5:6 f && chown -R 7 . && chown 0:0 f && chown -h :5 f && ls -ln f | tr -s ' ' | cut -d' ' -f1-4
mknod null c 1 3 && mknod disk b 8 0 && mknod pipe p && ls
cp -a f g && echo copied
rm -r /tmp/changed
`

const changed = "-rw-r--r-- 1 0 0\ndisk\nf\nnull\npipe\ncopied\n"

// In a tree of each architecture: the emulators make the calls of the host.
func TestFakeIDs(t *testing.T) {
	run(t, "-rm", "--fake-ids", "--root="+tree(native), "/bin/sh", "-c", changing).want(t, changed)
	for arch := range arches {
		t.Run(arch, func(t *testing.T) {
			unchanged := snapshot(t, tree(arch))
			run(t, "-rmpf", "--fake-ids", "--suppress-sync", "--load-binfmt", rule(t, arch), "--root="+tree(arch), "/bin/sh", "-c", changing).want(t, changed)
			unchanged(t)
		})
	}
}

// Without the option all of it fails.
func TestIdsAreNotFaked(t *testing.T) {
	for _, script := range []string{"touch /tmp/f; chown 5 /tmp/f", "mknod /tmp/null c 1 3"} {
		if r := run(t, "-rm", "--suppress-sync", "--root="+tree(native), "/bin/sh", "-c", script); r.status == 0 {
			t.Errorf("%s: printed %q and %q", script, r.out, r.err)
		}
	}
	os.Remove(tree(native) + "/tmp/f")
}

// The options change what xunshare itself does in nothing, and set-id programs keep their meaning
// where they can.
func TestFilters(t *testing.T) {
	const look = " grep -hE ^(NoNewPrivs|Seccomp): /proc/self/status"
	for _, c := range []struct{ args, out, err string }{
		{"-r --fake-ids" + look, "NoNewPrivs:\t0\nSeccomp:\t2\n", ""},
		{"-c --fake-ids" + look, "NoNewPrivs:\t0\nSeccomp:\t2\n", ""},
		{"-r --suppress-sync" + look, "NoNewPrivs:\t0\nSeccomp:\t2\n", ""},
		{"--suppress-sync" + look, "NoNewPrivs:\t1\nSeccomp:\t2\n", ""},
		{"-r" + look, "NoNewPrivs:\t0\nSeccomp:\t0\n", ""},
		{"-rp --init --mount-proc --fake-ids grep Seccomp: /proc/1/status", "Seccomp:\t0\n", ""},
		{"-r --fake-ids --setuid=0 id -u", "0\n", ""},
		{"-r --fake-ids --setuid=5 id -u", "", "setuid: invalid argument"},
		{"-r --fake-ids --setgid=0 id -u", "", "setgroups: operation not permitted"},
		{"-c --fake-ids --keep-caps grep CapEff /proc/self/status", "CapEff:\t000001ffffffffff\n", ""},
		{"-r --map-auto --fake-ids setpriv --reuid=7 --regid=7 --groups=8 id -u", "7\n", ""},
		{"-r --map-auto --fake-ids setpriv --reuid=2000000000 --clear-groups id -u", "0\n", ""},
		{"-r --fake-ids setpriv --reuid=7 --regid=7 --groups=8 id -u", "0\n", ""},
		{"-r --suppress-sync sync", "", ""},
		{"--fake-ids true", "", "--fake-ids works only in a new user namespace"},
	} {
		r := run(t, words(c.args)...)
		if r.out != c.out || !strings.Contains(r.err, c.err) || (r.status == 0) != (c.err == "") {
			t.Errorf("%s: status %d, printed %q, want %q; said %q, want %q", c.args, r.status, r.out, c.out, r.err, c.err)
		}
	}
}

// A set-user-ID program of a mapped user still gets its user.
func TestSetIDPrograms(t *testing.T) {
	file := t.TempDir() + "/id"
	if out, err := exec.Command("sh", "-c", "cp $(command -v id) "+file+" && chmod 4755 "+file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	args := words("-r --map-auto --fake-ids setpriv --reuid=7 --regid=7 --clear-groups " + file + " -u")
	run(t, args...).want(t, "0\n")
}
