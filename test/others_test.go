package test

import (
	"os/exec"
	"strings"
	"testing"
)

// othersTree is a tree whose owner is not mapped where one id is. It has what a metadata layer has
// to care about.
func othersTree(t *testing.T, arch string) string {
	t.Helper()
	needSubIDs(t)
	root := t.TempDir() + "/tree"
	const fill = `cp -a "$1" "$0"; cd "$0"
echo secret >secret; chmod 600 secret
mkdir closed; : >closed/file; chmod 700 closed
: >empty; touch -d '2001-02-03 04:05:06' etc/profile etc
ln etc/passwd twin; ln -s /etc/passwd link; mkfifo fifo
dd if=/dev/urandom of=big bs=1000 count=3000 2>/dev/null
mkdir -p deep/er/est; echo text >"deep/er/est/a b:c,d\\e"
chown -R 1:1 .; chmod 2755 usr/local/bin/hello; chmod 1777 tmp; chmod 555 usr/local`
	run(t, "--map=subids", "/bin/sh", "-c", fill, root, tree(arch)).want(t, "")
	t.Cleanup(func() { run(t, "--map=subids", "rm", "-rf", root).want(t, "") })
	return root
}

// listed is what there is to see of a tree. Sizes and links of directories are the file system's.
const listed = `cd /; find . -xdev ! -type d -exec stat -c '%n %F %a %s %h %Y' {} + | sort
find . -xdev -mindepth 1 -type d -exec stat -c '%n %a %Y' {} + | sort
find . -xdev -type f ! -name secret ! -path './closed/*' -exec sha256sum {} + | sort`

// asOwner runs a script in a tree by who may change all of it.
func asOwner(t *testing.T, root, script string) string {
	t.Helper()
	r := inTree(t, root, "--map=subids", script)
	if r.status != 0 || r.err != "" || r.out == "" {
		t.Fatalf("%+v", r)
	}
	return r.out
}

const alsoChanged = "; find . -exec stat -c '%n %u:%g %Z' {} +"

// Everything in a throw-away layer over another user's tree is as it is there, but for what nobody
// else may read.
func TestEphemeralOthersTree(t *testing.T) {
	root := othersTree(t, native)
	before := asOwner(t, root, listed+alsoChanged)
	r := inTree(t, root, "-r --ephemeral", listed+"; find . -xdev ! -user 0 -o ! -group 0")
	if note := "xunshare: note: what you may not read in " + root + " is empty inside: /closed, /secret\n"; r.err != note {
		t.Errorf("said %q, want %q", r.err, note)
	}
	var want []string
	for line := range strings.Lines(asOwner(t, root, listed)) {
		switch {
		case strings.HasPrefix(line, "./closed/"):
			continue
		case strings.HasPrefix(line, "./secret "):
			line = strings.Replace(line, "regular file 600 7", "regular empty file 600 0", 1)
		}
		want = append(want, line)
	}
	if difference := difference(strings.Join(want, ""), r.out); difference != "" {
		t.Errorf("not as in the tree (-):\n%s", difference)
	}
	if after := asOwner(t, root, listed+alsoChanged); after != before {
		t.Errorf("the tree has changed:\n%s", difference(before, after))
	}
}

// All of it can be changed, and nothing changes in the tree.
func TestEphemeralOthersTreeChanges(t *testing.T) {
	root := othersTree(t, native)
	before := asOwner(t, root, listed+alsoChanged)
	const change = `set -e; echo x >>/etc/profile; chmod 700 /big; mv /deep /deeper; rm -r /usr/local /closed; : >/etc/new; ln /twin /third
echo y >>/twin; cp /link /secret; mv /bin/sleep /bin/nap; `
	const seen = `tail -n 1 /etc/profile /secret; stat -c '%n %a %s %h' /big /twin /third; cat /deeper/er/est/*; ls -d /usr/* /etc/new /bin/nap; cat /twin | wc -l`
	const want = "==> /etc/profile <==\nx\n\n==> /secret <==\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" +
		"/big 700 3000000 1\n/twin 644 84 2\n/third 644 84 2\ntext\n/bin/nap\n/etc/new\n/usr/bin\n3\n"
	changed := func(r result) {
		t.Helper()
		if r.out != want || r.status != 0 {
			t.Errorf("%+v, want %q", r, want)
		}
	}
	changed(inTree(t, root, "-r --ephemeral", change+seen))
	changed(into(t, root, "--map=root --ephemeral", change+seen))
	if r := into(t, root, "--map=root --ephemeral --bind /usr/lib:/closed/a/b --tmpfs /new", "ls /closed/a; ls -d /new"); r.out != "b\n/new\n" {
		t.Errorf("%+v", r)
	}
	keep := t.TempDir() + "/keep"
	inTree(t, root, "-r --ephemeral="+keep, change)
	changed(inTree(t, root, "-rpf --mount-proc --init --ephemeral="+keep, seen))
	exec.Command("chmod", "-R", "u+w", keep).Run() // for who removes it
	if after := asOwner(t, root, listed+alsoChanged); after != before {
		t.Errorf("the tree has changed:\n%s", difference(before, after))
	}
}

// Programs of a foreign one run, with the data of one file system and the owners of another.
func TestEphemeralOthersForeign(t *testing.T) {
	root := othersTree(t, "s390x")
	r := into(t, root, "--map=root --ephemeral", "uname -m; echo y >>/etc/profile; tail -n 1 /etc/profile; rm /bin/ls; cp /bin/busybox /bin/ls; ls -d /bin/ls")
	if r.status != 0 || r.out != "s390x\ny\n/bin/ls\n" {
		t.Errorf("%+v", r)
	}
}
