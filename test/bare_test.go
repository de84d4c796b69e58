package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// furniture is what --into needs and a tree may lack.
const furniture = "/dev /proc /run /sys /tmp"

// bare is a tree that lacks directories.
func bare(t *testing.T, arch, missing string) (root string) {
	t.Helper()
	root = copyOf(t, arch)
	for _, dir := range words(missing) {
		if err := os.RemoveAll(root + dir); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// What --into needs and an own tree lacks is made in it, empty. What is made in / stays in the
// tree.
func TestIntoBareTree(t *testing.T) {
	const script = "for d in /run /tmp; do : >$d/x && ls $d/x; done; ls -d /proc/1 /sys/kernel /dev/null; touch /newfile; mkdir /newdir; mv /newfile /moved"
	const want = "/run/x\n/tmp/x\n/dev/null\n/proc/1\n/sys/kernel\n"
	for _, missing := range []string{"/proc", "/sys", "/dev", "/run /tmp", furniture} {
		for _, options := range []string{"", "--map=root", "--map=current", "--resolv-conf=off --fake-ids", "--root=TREE"} {
			root := bare(t, native, missing)
			before := entriesOf(t, root)
			into(t, root, strings.ReplaceAll(options, "TREE", root), script).want(t, want)
			made := namesBut(entriesOf(t, root), before)
			if expected := slices.Sorted(slices.Values(append(words(strings.ReplaceAll(missing, "/", "")), "moved", "newdir"))); !slices.Equal(made, expected) {
				t.Errorf("without %s, %s: the tree has %q, want %q", missing, options, made, expected)
			}
			for _, dir := range words(missing) {
				info, err := os.Lstat(root + dir)
				if err != nil || !info.IsDir() || len(entriesOf(t, root+dir)) > 0 || dir == "/tmp" && info.Mode() != os.ModeDir|os.ModeSticky|0o777 {
					t.Errorf("%s is %v, %v", dir, info, err)
				}
			}
			into(t, root, options[:0], "touch /again && ls -d /moved /proc/1").want(t, "/moved\n/proc/1\n")
		}
	}
	root := bare(t, "arm64", furniture)
	into(t, root, "", script).want(t, want)
	if _, err := os.Stat(root + "/moved"); err != nil {
		t.Error(err)
	}
}

func namesBut(entries, but []os.DirEntry) (names []string) {
	for _, e := range entries {
		if !slices.ContainsFunc(but, func(b os.DirEntry) bool { return b.Name() == e.Name() }) {
			names = append(names, e.Name())
		}
	}
	return names
}

// A root whose mode forbids it is no hindrance, nor one that belongs to a sub-id.
func TestIntoBareTreeOfAnyMode(t *testing.T) {
	for _, mode := range []os.FileMode{0o555, 0} {
		root := bare(t, native, furniture)
		os.Chmod(root, mode)
		into(t, root, "", "touch /x; ls -d /proc/1 /dev/null").want(t, "/dev/null\n/proc/1\n")
		os.Chmod(root, 0o755)
		if _, err := os.Stat(root + "/x"); err != nil {
			t.Errorf("%v: %v", mode, err)
		}
	}
	needSubIDs(t)
	root := bare(t, native, furniture)
	t.Cleanup(func() { run(t, "-r", "--map-auto", "chown", "-R", "0:0", root).want(t, "") })
	run(t, "-r", "--map-auto", "chown", "-R", "1:1", root).want(t, "")
	into(t, root, "", "touch /x; umount /proc /sys 2>/dev/null; stat -c %u /x /run").want(t, "0\n0\n")
	if _, err := os.Stat(root + "/x"); err != nil {
		t.Error(err)
	}
}

// Nothing is made where the caller wants the tree to stay as it is, or that belongs to others, or
// where it would have to follow a link or to replace something. Where / becomes read-only for that,
// a note says so.
func TestIntoMakesNothing(t *testing.T) {
	root := bare(t, native, furniture)
	check := untouched(t, root)
	const seen = "ls -d /proc/1 /sys/kernel /dev/null; : >/tmp/x; : >/run/x; "
	const want = "/dev/null\n/proc/1\n/sys/kernel\n"
	for _, c := range []struct{ options, script, out string }{
		{"--ephemeral", "touch /x && echo made", "made\n"},
		{"--ephemeral=" + t.TempDir() + "/keep", "touch /x && echo made", "made\n"},
		{"--read-only", "touch /x 2>/dev/null || echo refused", "refused\n"},
	} {
		r := into(t, root, c.options, seen+c.script)
		if r.status != 0 || r.err != "" || r.out != want+c.out {
			t.Errorf("%s: %+v", c.options, r)
		}
		check(t)
	}
	if r := run(t, "--dry-run", "--into="+root, "true"); r.status != 0 || !strings.Contains(r.out, `mkdir("/proc"`) {
		t.Errorf("%+v", r)
	}
	check(t)
	if r := run(t, "--into="+root, "--bind=/nosuch:/x", "true"); r.status != 1 {
		t.Errorf("%+v", r)
	}
	check(t)
	inTree(t, root, everything, "touch /x 2>/dev/null || echo refused").want(t, "refused\n")
	check(t)
	victim := t.TempDir()
	for name, put := range map[string]func(string) error{
		"out": link("../../../../.." + victim + "/made"), "absolute": link(victim + "/made"), "dangling": link("nosuch"), "loop": link("dev"), "file": file,
	} {
		root := bare(t, native, furniture)
		replace(root, "/dev", put)
		check := untouched(t, root)
		r := into(t, root, "", seen+"touch /x 2>/dev/null || echo refused")
		sealed := strings.Contains(r.err, "note: /"+isSealed)
		if r.out != want && !sealed || r.out != want+"refused\n" && sealed {
			t.Errorf("%s: %+v", name, r)
		}
		if sealed {
			check(t)
		}
		if made := entriesOf(t, victim); len(made) > 0 {
			t.Errorf("%s: %v", name, made)
		}
	}
}

// Another user's tree stays as it is.
func TestIntoMakesNothingForOthers(t *testing.T) {
	root := othersTree(t, native)
	asOwner(t, root, "cd /; rm -rf proc sys dev; chmod 777 .; echo done")
	before := asOwner(t, root, listed)
	r := into(t, root, "--map=root", "ls -d /proc/1 /sys/kernel /dev/null")
	if r.status != 0 || r.out != "/dev/null\n/proc/1\n/sys/kernel\n" {
		t.Errorf("%+v", r)
	}
	if after := asOwner(t, root, listed); after != before {
		t.Errorf("the tree has changed:\n%s", difference(before, after))
	}
}

// What is killed leaves empty directories at most, and many at once do not disturb each other.
func TestIntoBareTreeKilled(t *testing.T) {
	root := bare(t, native, furniture)
	before := entriesOf(t, root)
	killAnywhere(t, root, "--into="+root, "--map=root --into="+root)
	for _, name := range namesBut(entriesOf(t, root), before) {
		if !slices.Contains(words(furniture), "/"+name) || len(entriesOf(t, filepath.Join(root, name))) > 0 {
			t.Errorf("%s is left", name)
		}
	}
	for _, dir := range words(furniture) {
		exec.Command("rmdir", root+dir).Run()
	}
	atOnce(t, func(i int) []string {
		return []string{"--into=" + root, "/bin/sh", "-c", ": >/dev/null; test -d /proc/self && echo $0", fmt.Sprint(i)}
	})
}
