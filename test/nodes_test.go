package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// makeNodes makes device nodes in many ways, in the folder nodes of the root where it starts.
const makeNodes = `set -e
mkdir nodes && cd nodes && mkdir deep
mknod -m 666 null c 1 3; mknod ../nodes/zero c 1 5; mknod -m 640 full c 1 7; mknod $PWD/random c 1 8; mknod urandom c 1 9
mknod tty c 5 0; mknod -m 600 console c 5 1; mknod disk b 8 0
(cd deep && mknod ../../kept c 1 5); mv ../kept kept
cp -a kept deep/kept && rm kept deep/kept && mknod kept c 1 5
mknod null c 1 3 2>/dev/null && echo made twice
mknod nowhere/null c 1 3 2>/dev/null && echo made nowhere
cd ..
`

// useNodes uses them in that root.
const useNodes = `cd /nodes
echo lost > null && cat null
head -c 3 zero | tr '\0' 0; head -c 2 kept | tr '\0' 0; echo
echo 2>null > full || echo full
cd deep; head -c 32 ../random > 1; head -c 32 ../random > 2; head -c 32 ../urandom > 3; cmp -s 1 2 || cmp -s 2 3 || echo differ; rm 1 2 3; cd ..
for f in null zero full random urandom tty kept console disk; do [ -c $f ] && echo -n c || echo -n -; done; echo
`

const used = "00000\nfull\ndiffer\nccccccc--\n"

// newRoot is a copy of a tree, of which only the folders and programs are there afterwards.
func newRoot(t *testing.T, arch string) string {
	t.Helper()
	root := t.TempDir() + "/root"
	if out, err := exec.Command("cp", "-a", tree(arch), root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return root
}

// wantNothing fails the test if there is anything in the folders that makeNodes makes.
func wantNothing(t *testing.T, root string) {
	t.Helper()
	filepath.WalkDir(root+"/nodes", func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			t.Errorf("left: %s: %v", path, err)
		}
		return nil
	})
}

// What the host's programs make works in the root that is entered, for programs of any
// architecture, and so does what those make there; afterwards the trees are as they were.
func TestNodes(t *testing.T) {
	for _, arch := range []string{native, "arm64", "s390x"} {
		options := "-rm --fake-ids"
		if arch != native {
			options += " --load-binfmt " + rule(t, arch)
		}
		t.Run(arch, func(t *testing.T) {
			root := newRoot(t, arch)
			script := "cd " + root + "\n" + makeNodes + "chroot . /bin/sh -c \"$1\""
			run(t, append(words(options), "sh", "-c", script, "sh", useNodes)...).want(t, used)
			wantNothing(t, root)
			os.RemoveAll(root + "/nodes")
			inside := makeNodes + "exec chroot / /bin/sh -c \"$0\""
			run(t, append(words(options), "chroot", root, "/bin/sh", "-c", inside, useNodes)...).want(t, used)
			wantNothing(t, root)
		})
	}
}

// In namespaces that are made inside, and with more ids.
func TestNodesInNamespaces(t *testing.T) {
	for _, prefix := range []string{"-rm --fake-ids unshare -m", "-rm --fake-ids unshare -rm", "-rm --map-auto --fake-ids", "-rmpf --fake-ids",
		"-r --fake-ids unshare -m", "-rm --map-auto --fake-ids unshare -m"} {
		root := newRoot(t, native)
		script := "cd " + root + "\n" + makeNodes + "chown 1:1 nodes/null; chroot . /bin/sh -c \"$0\""
		t.Log(prefix)
		run(t, append(words(prefix), "sh", "-c", script, useNodes)...).want(t, used)
		wantNothing(t, root)
	}
}

// Without a mount namespace there are files that programs go on with; under another listener
// nothing, as ever.
func TestNodesWithoutDevices(t *testing.T) {
	const script = `cd %s && mkdir nodes && mknod nodes/null c 1 3 && chroot . /bin/sh -c 'cd /nodes; [ ! -c null ] && ls'`
	for options, want := range map[string]string{"-r --fake-ids": "null\n", "-r --fake-ids " + binary() + " -rm --fake-ids": ""} {
		root := newRoot(t, native)
		run(t, append(words(options), "sh", "-c", strings.Replace(script, "%s", root, 1))...).want(t, want)
		wantNothing(t, root)
	}
}

// Under an init, and in a root that has a /dev of its own.
func TestNodesInside(t *testing.T) {
	for _, options := range []string{"-rmpf --init --mount-proc --fake-ids --dev", "-rm --fake-ids --dev", "-r -m -p -f --fake-ids --dev --mount-proc"} {
		root := newRoot(t, native)
		script := "mkdir /inner && cp -a /bin /usr /inner && cd /inner\n" + makeNodes + "chroot . /bin/sh -c \"$0\""
		run(t, append(words(options), "--root="+root, "/bin/sh", "-c", script, useNodes)...).want(t, used)
		wantNothing(t, root+"/inner")
	}
}

// By a path that is relative, with links that start at the root of who follows them, and which does
// not lead out of that.
func TestNodesByRelativePath(t *testing.T) {
	for _, way := range []string{"link", "../link", "../../../../inner/../link"} {
		root := newRoot(t, native)
		script := "mkdir /inner && cp -a /bin /usr /inner && ln -s /inner /link && mkdir /deep && cd /inner\n" + makeNodes +
			"cd /deep && ln -s ../link link && exec chroot " + way + " /bin/sh -c \"$0\""
		run(t, "-rm", "--fake-ids", "--dev", "--root="+root, "/bin/sh", "-c", script, useNodes).want(t, used)
		wantNothing(t, root+"/inner")
	}
}

// Where /proc shows other processes than those there are, nobody is taken for one of them.
func TestNodesWithoutProc(t *testing.T) {
	const script = `for i in $(seq 40); do sleep 100 & done; cd "$1"
exec unshare -pf "$0" -rm --fake-ids sh -c 'for i in $(seq 20); do mknod $i c 1 3; done; ls; chroot / echo in; mount -t tmpfs -o mode=700 x . && echo mounted'`
	run(t, "-rmpf", "--mount-proc", "sh", "-c", script, binary(), t.TempDir()).want(t, "in\nmounted\n")
}

// When xunshare has no descriptors left there are no more devices, and nothing fails.
func TestNodesWithoutDescriptors(t *testing.T) {
	const script = `ulimit -n $0; cd $1 && exec $2 -rm --fake-ids sh -c 'for i in $(seq 10); do mknod n$i c 1 3 || exit 1; done; mkdir d && chroot d /x; [ $? = 127 ]'`
	for limit := 12; limit < 34; limit++ {
		cmd := exec.Command("sh", "-c", script, strconv.Itoa(limit), t.TempDir(), binary())
		if r := finish(t, cmd); r.status != 0 {
			t.Errorf("limit %d: %+v", limit, r)
		}
	}
}

// A device that is made in a root that is in use is bound there when its maker has ended.
func TestNodeOfGuest(t *testing.T) {
	root := newRoot(t, native)
	const script = `cd %s && mknod null c 1 3 && chroot . /bin/sh -c 'mknod -m 666 /zero c 1 5 && until [ -c /zero ]; do :; done; head -c 3 /zero | tr "\0" 0'`
	run(t, "-rm", "--fake-ids", "timeout", "20", "sh", "-c", strings.Replace(script, "%s", root, 1)).want(t, "000")
}

// The tree can be removed once nobody is in it.
func TestRemoveTreeWithNodes(t *testing.T) {
	root := newRoot(t, native)
	const script = `cd %s && mknod null c 1 3 && chroot . /bin/true && until [ -f null ]; do :; done; rm -r %s && echo removed`
	run(t, "-rm", "--fake-ids", "timeout", "20", "sh", "-c", strings.ReplaceAll(script, "%s", root)).want(t, "removed\n")
}

// What somebody has written to stays, and so does what has been put in the place of a device.
func TestNodesKept(t *testing.T) {
	root := newRoot(t, native)
	const script = `cd %s && mkdir nodes && cd nodes && mknod written c 1 3 && echo text > written && mknod other c 1 3 && rm other && : > other &&
		mknod full c 1 7 && ln full link && mknod a c 1 3 && mv a ../b`
	run(t, "-rm", "--fake-ids", "sh", "-c", strings.ReplaceAll(script, "%s", root)).want(t, "")
	for name, there := range map[string]bool{"nodes/written": true, "nodes/other": true, "nodes/full": false} {
		if _, err := os.Lstat(root + "/" + name); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who may not make devices where the kernel allows them makes none.
func TestNodesOfOthers(t *testing.T) {
	dir := t.TempDir()
	for _, options := range []string{"-c --fake-ids", "-r --fake-ids setpriv --bounding-set=-mknod --inh-caps=-mknod"} {
		run(t, append(words(options), "sh", "-c", "mknod "+dir+"/null c 1 3 && ls "+dir)...).want(t, "")
	}
	run(t, "-r", "--fake-ids", "sh", "-c", "mknod -m 600 "+dir+"/null c 1 3 && ls "+dir+" && chroot "+dir+"/.. /none 2>/dev/null").wantStatus(t, 127, "null\n")
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("left: %v: %v", list, err)
	}
}

func (r result) wantStatus(t *testing.T, status int, out string) {
	t.Helper()
	if r.status != status || r.out != out {
		t.Errorf("%+v", r)
	}
}

// Many at once.
func TestManyNodes(t *testing.T) {
	root := newRoot(t, native)
	const script = `cd %s && mkdir nodes && cd nodes && for i in $(seq 100); do mknod n$i c 1 5 & done; wait; ls | wc -l
		chroot .. /bin/sh -c 'for i in $(seq 100); do [ -c /nodes/n$i ] && echo; done | wc -l'`
	run(t, "-rm", "--fake-ids", "sh", "-c", strings.Replace(script, "%s", root, 1)).want(t, "100\n100\n")
	wantNothing(t, root)
}

// Whoever is killed, nothing goes on running.
func TestNodesKilled(t *testing.T) {
	root := newRoot(t, native)
	const script = `cd %s && mknod null c 1 3 && exec chroot . /bin/sh -c 'echo ready; while :; do mknod x c 1 3; rm x; done'`
	cmd := exec.Command(binary(), "-rm", "--fake-ids", "sh", "-c", strings.Replace(script, "%s", root, 1))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 6)
	out.Read(line)
	cmd.Process.Kill()
	rest := make([]byte, 1)
	if n, err := out.Read(rest); n != 0 || err == nil { // ends with the last process that has it open
		t.Errorf("read %d: %v", n, err)
	}
	cmd.Wait()
}
