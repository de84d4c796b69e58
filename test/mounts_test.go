package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// copyTree is a native tree that the test may change.
func copyTree(t *testing.T) string {
	t.Helper()
	return copyOf(t, native)
}

// copyOf is copyTree for an architecture.
func copyOf(t *testing.T, arch string) string {
	t.Helper()
	root := t.TempDir() + "/tree"
	if out, err := exec.Command("cp", "-a", tree(arch), root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return root
}

// untouched lists a tree with all that a run could change in it, and the host's mounts; what it
// returns checks that all is the same afterwards.
func untouched(t *testing.T, root string) (check func(*testing.T)) {
	list := func() string {
		t.Helper()
		out, err := exec.Command("sh", "-c",
			`find "$0" -xdev -printf '%P %y %m %U %G %s %n %T@ %C@ %l\n'; cat /proc/self/mountinfo`, root).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	before := list()
	return func(t *testing.T) {
		t.Helper()
		if after := list(); after != before {
			t.Errorf("the tree or the mounts have changed:\n%s", difference(before, after))
		}
	}
}

// difference is the lines that only one of two texts has.
func difference(before, after string) string {
	var b strings.Builder
	for i, pair := range [2][2]string{{before, after}, {after, before}} {
		others := strings.Split(pair[1], "\n")
		for _, line := range strings.Split(pair[0], "\n") {
			if !slices.Contains(others, line) {
				fmt.Fprintln(&b, [2]string{"-", "+"}[i], line)
			}
		}
	}
	return b.String()
}

// inTree runs a script with options in a root.
func inTree(t *testing.T, root, options, script string) result {
	t.Helper()
	return run(t, append(words(options), "--root="+root, "/bin/sh", "-c", script)...)
}

// What is mounted works, and nothing of it is left in the tree.
func TestMounts(t *testing.T) {
	root := copyTree(t)
	src := t.TempDir()
	os.WriteFile(src+"/file", []byte("text\n"), 0o644)
	for _, dir := range []string{"/sys", "/dev", "/home"} {
		os.Remove(root + dir)
	}
	check := untouched(t, root)
	for _, c := range []struct{ options, script, out string }{
		{"-r --bind " + src + ":/mnt/a/b", "cat /mnt/a/b/file", "text\n"},
		{"-r --bind " + src, "cat " + src + "/file", "text\n"},
		{"-r --bind " + src + "/file:/etc/group", "cat /etc/group; ls /etc", "text\ngroup\npasswd\nprofile\n"},
		{"-r --bind " + src + "/file:/etc/new", "cat /etc/new; ls /etc", "text\ngroup\nnew\npasswd\nprofile\n"},
		{"-r --bind " + src + ":/a --bind " + src + ":/a/c", "cat /a/c/file; ls /a", "text\nc\nfile\n"},
		{"-r --tmpfs /a --bind " + src + ":/a/b/c", "cat /a/b/c/file; touch /a/x", "text\n"},
		{"-r --bind " + src + ":/etc --tmpfs /etc/sub", "cat /etc/file; ls /etc", "text\nfile\nsub\n"},
		{"-r --ro-bind " + src + ":/a", "touch /a/file 2>&1 || true", "touch: /a/file: Read-only file system\n"},
		{"-r --bind " + src + ":/a", ": >>/a/file; : >>/etc/passwd; touch /a2 2>&1 || true", "touch: /a2: Read-only file system\n"},
		{"-r --read-only --tmpfs /tmp --bind " + src + ":/var/tmp",
			"touch /tmp/x; : >>/var/tmp/file; for f in /x /etc/x; do touch $f 2>&1 || true; done", "touch: /x: Read-only file system\ntouch: /etc/x: Read-only file system\n"},
		{"-r --tmpfs /x:size=8k,mode=711", "stat -c %a /x; head -c 9000 /bin/busybox 2>&1 >/x/y || true", "711\nhead: standard output: No space left on device\n"},
		{"-rpf --mount-proc --dev", "ls /dev; : </dev/null; head -c 2 /dev/zero | wc -c; : >/dev/full; echo x >/dev/null; ls -d /dev/fd/0",
			"fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n2\n/dev/fd/0\n"},
		{"-ri --dev", "ls -d /dev/mqueue; stat -c '%a %F' /dev/shm; ls /dev/pts", "/dev/mqueue\n1777 directory\nptmx\n"},
		{"-r --sys", "ls -d /sys/kernel; touch /sys/x 2>&1 || true", "/sys/kernel\ntouch: /sys/x: Read-only file system\n"},
		{"-rn --sys", "ls /sys/class/net", "lo\n"},
		{"-rn --sys --dev --sys --dev", "ls /sys/class/net", "lo\n"},
		{"-rpf --mount-proc --bind-self", "/usr/local/bin/xunshare -r /bin/id -u; /usr/local/bin/hello | wc -l", "0\n1\n"},
		{"-r --bind-self=/opt/x", "/opt/x --version | wc -l", "1\n"},
		{"-r --propagation=shared --sys --bind " + src + ":/a", "cat /a/file; ls -d /sys/kernel", "text\n/sys/kernel\n"},
		{"-r --propagation=slave --ephemeral --bind " + src + ":/a", "cat /a/file; : >/x", "text\n"},
		{"-r --propagation=unchanged --read-only --bind " + src + ":/a", "cat /a/file", "text\n"},
		{"-r --hostname=box", "hostname", "box\n"},
		{"-r --no-new-privs --clear-env --setenv=A=1 --setenv=B=2 --unsetenv=A", "echo $A$B", "2\n"},
		{"-rpf --mount-proc=/some/where --dev", "ls -d /some/where/1", "/some/where/1\n"},
		{"-rmpf --mount-proc --bind " + src + "/file:/proc/version", "cat /proc/version", "text\n"},
		{"-rmpf --init --mount-proc --dev --bind " + src + ":/a", "for f in /proc/1/fd/*; do if ls -d $f" + src + "; then echo out; fi; done 2>/dev/null", ""},
	} {
		t.Run(c.options, func(t *testing.T) {
			inTree(t, root, c.options, c.script).want(t, c.out)
			check(t)
		})
	}
}

// Without a root the same happens to what the program sees of the host, and sources are the host's
// still.
func TestMountsWithoutRoot(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(dir+"/sub", 0o755)
	os.WriteFile(dir+"/sub/file", []byte("text\n"), 0o644)
	check := untouched(t, dir)
	for _, c := range []struct{ options, script, out string }{
		{"-r --tmpfs " + dir + " --bind " + dir + "/sub:" + dir + "/other", "ls $0; cat $0/other/file", "other\ntext\n"},
		{"-r --read-only --bind " + dir + "/sub", "touch $0/x 2>/dev/null || : >>$0/sub/file && pwd", dir + "\n"},
		{"-r --bind " + dir + "/sub:" + dir + "/new", "cat $0/new/file $0/sub/file; pwd", "text\ntext\n" + dir + "\n"},
		{"-r --bind " + dir + "/sub:/nosuch-in-root", "cat /nosuch-in-root/file", "text\n"},
		{"-rm --wd=/ --tmpfs /tmp", "pwd; ls -A /tmp", "/\n"},
	} {
		cmd := exec.Command(binary(), append(words(c.options), "sh", "-c", c.script, dir)...)
		cmd.Dir = dir
		finish(t, cmd).want(t, c.out)
		check(t)
	}
}

// The terminal is known by a name that exists inside, and so are the standard descriptors that are
// open on it, each opened as it was. Others are left alone.
func TestConsole(t *testing.T) {
	const options = " -rpf --mount-proc --dev --root="
	s := onTerminal(t, binary(), words(options+tree(native)+" /bin/sh")...)
	s.expect(prompt)
	s.want("ls -l /dev/console | cut -c1; : >/dev/console && : >/dev/tty && echo fine; tty", "c\nfine\n/dev/console\n")
	const names = "for i in 0 1 2 3; do readlink /proc/$$/fd/$i | cut -c 1-9; done; grep flags /proc/self/fdinfo/2 | cut -f 2"
	s = onTerminal(t, "sh", "-c", "$X"+options+tree(native)+" /bin/sh -c '"+names+"' </etc/passwd 2>>$(tty) 3>&1; echo end")
	if said := s.expect("end\n"); said != "/etc/pass\n/dev/cons\n/dev/cons\n/dev/pts/\n0102001\nend\n" { // O_LARGEFILE|O_APPEND|O_WRONLY
		t.Errorf("%q", said)
	}
}

// Mount points that are not there are one sentence before anything happens.
func TestBadMounts(t *testing.T) {
	root := copyTree(t)
	os.Symlink("nosuch", root+"/dangling")
	check := untouched(t, root)
	for _, c := range []struct{ options, says, hint string }{
		{"-r --bind /nosuch:/a", "--bind /nosuch: /nosuch: there is no such file or directory", ""},
		{"-r --bind /etc/passwd:/etc", "/etc is a directory in the root, and what is to be shown there is not", "name a file in it"},
		{"-r --tmpfs /", "/ leads to the root itself", ""},
		{"-r --tmpfs /x/..", "--tmpfs /x/..: /x/.. in the root: no such file or directory", ""},
		{"-r --tmpfs /etc/..", "leads to the root itself", ""},
		{"-rpf --mount-proc --tmpfs /proc/nosuch", "/proc/nosuch is not there, and nothing can be made in /proc", ""},
		{"-U --tmpfs /nosuch", "value too large", "add --map-root-user"},
		{"-r --ephemeral --read-only", "exclude each other", ""},
		{"-r --ephemeral=" + root, "must not contain each other", ""},
		{"-r --ephemeral=/nosuch/x", "no such file or directory", "mkdir -p"},
		{"-r --ephemeral=/etc/passwd", "not a directory", ""},
		{"-r --ephemeral=/etc", "you may not write to this directory", ""},
	} {
		t.Run(c.options, func(t *testing.T) {
			r := inTree(t, root, c.options, "true")
			first, hints, _ := strings.Cut(r.unsealed().err, "\n")
			if r.status != 1 || !strings.Contains(first, c.says) || !strings.Contains(hints, c.hint) {
				t.Errorf("%+v, want %q, %q", r, c.says, c.hint)
			}
			check(t)
		})
	}
	if r := run(t, "-r", "--ephemeral", "true"); !strings.Contains(r.err, "add --root=DIR") {
		t.Errorf("--ephemeral without a root: %+v", r)
	}
}

// Two hundred at once do not disturb each other.
func TestManyAtOnce(t *testing.T) {
	root := copyTree(t)
	os.Remove(root + "/sys")
	check := untouched(t, root)
	atOnce(t, func(i int) []string {
		options := [...]string{"--dev --sys", "--ephemeral --dev", "--read-only --sys"}[i%3]
		return append(words("-rpf --mount-proc "+options), "--root="+root, "/bin/echo", fmt.Sprint(i))
	})
	check(t)
}

// atOnce runs xunshare two hundred times, sixteen at a time. The i-th has to print i.
func atOnce(t *testing.T, args func(i int) []string) {
	t.Helper()
	var all sync.WaitGroup
	gate := make(chan bool, 16)
	for i := range 200 {
		all.Add(1)
		gate <- true
		go func() {
			defer func() { <-gate; all.Done() }()
			if out, err := exec.Command(binary(), args(i)...).Output(); err != nil || string(out) != fmt.Sprintln(i) {
				t.Errorf("%d: %v: %s", i, err, out)
			}
		}()
	}
	all.Wait()
}

// A tree with a thousand entries where one is missing.
func TestThousandEntries(t *testing.T) {
	root := copyTree(t)
	for i := range 1000 {
		name := fmt.Sprintf("%s/%04d", root, i)
		switch i % 4 {
		case 0:
			os.Mkdir(name, 0o755)
		case 1:
			os.Symlink("etc", name)
		case 2:
			unix.Mkfifo(name, 0o600)
		default:
			os.WriteFile(name, nil, 0o000)
		}
	}
	check := untouched(t, root)
	inTree(t, root, "-r --tmpfs /missing", "ls / | wc -l; ls /0001/passwd; test -p /0002 && test -d /0004 && : >>/etc/passwd && echo fine").
		want(t, fmt.Sprint(len(entriesOf(t, root))+1)+"\n/0001/passwd\nfine\n")
	check(t)
}

func entriesOf(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// resolv.conf is the host's where the tree has a place for it.
func TestResolvConf(t *testing.T) {
	host, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		asuser.Skip(t, "the host has none")
	}
	for name, prepare := range map[string]func(root string){
		"file":          func(root string) { os.WriteFile(root+"/etc/resolv.conf", []byte("old\n"), 0o644) },
		"dangling":      func(root string) { os.Symlink("../run/systemd/resolve/stub.conf", root+"/etc/resolv.conf") },
		"absolute":      func(root string) { os.Symlink("/opt/new", root+"/etc/resolv.conf") },
		"in run":        func(root string) { os.Symlink("/run/x/y", root+"/etc/resolv.conf") },
		"without run":   func(root string) { os.Remove(root + "/run"); os.Symlink("/run/x/y", root+"/etc/resolv.conf") },
		"to a file":     func(root string) { os.Symlink("/etc/group", root+"/etc/resolv.conf") },
		"out of it":     func(root string) { os.Symlink("../../../../../../etc/hostname", root+"/etc/resolv.conf") },
		"none":          func(root string) {},
		"no etc":        func(root string) { os.RemoveAll(root + "/etc") },
		"a directory":   func(root string) { os.Mkdir(root+"/etc/resolv.conf", 0o755) },
		"etc is /":      func(root string) { os.RemoveAll(root + "/etc"); os.Symlink("/", root+"/etc") },
		"etc is a loop": func(root string) { os.RemoveAll(root + "/etc"); os.Symlink("../etc", root+"/etc") },
	} {
		t.Run(name, func(t *testing.T) {
			root := copyTree(t)
			prepare(root)
			check := untouched(t, root)
			_, err := os.Lstat(filepath.Join(root, "etc/resolv.conf"))
			r := inTree(t, root, "-rpf --mount-proc --resolv-conf=auto",
				"test ! -f /etc/resolv.conf || cat /etc/resolv.conf; ! grep ' /etc .* - tmpfs' /proc/self/mountinfo")
			want := string(host)
			if err != nil || name == "a directory" || name == "out of it" {
				want = ""
			}
			said := strings.Contains(r.err, "it is a directory")
			if r.status != 0 || r.out != want || said != (name == "a directory") || !said && r.err != "" {
				t.Errorf("%+v, want %q", r, want)
			}
			check(t)
		})
	}
}

// A directory that could be written to and cannot be because a layer is over it is noted, once and
// without --verbose; no other is.
func TestSealedLayers(t *testing.T) {
	root := copyTree(t)
	for _, dir := range []string{"/sys", "/dev"} {
		os.Remove(root + dir)
	}
	src := t.TempDir()
	write(t, src+"/file", "", 0o644)
	write(t, root+"/blocked", "", 0o644)
	for _, c := range []struct{ options, dir, lacks string }{
		{"-r --dev", "/", "/dev"},
		{"-r --sys --dev --bind=" + src + ":/a/b", "/", "/a, /dev, /sys"},
		{"-r --dev --verbose", "/", "/dev"},
		{"-r --bind=" + src + ":/etc/a/b", "/etc", "/etc/a"},
		{"-r --bind=" + src + "/file:/etc/x --bind=" + src + ":/etc/y", "/etc", "/etc/x, /etc/y"},
		{"-r --tmpfs=/blocked", "/", "/blocked"},
		{"-r --bind=" + src + ":/etc --tmpfs=/etc/x", "/etc", "/etc/x"},
		{"-r --propagation=shared --dev", "/", "/dev"},
		{"-c --dev", "/", "/dev"},
		{"-rpf --mount-proc --init --bind=/etc:/usr/x", "/usr", "/usr/x"},
		{"-r --dev --read-only", "", ""},
		{"-r --dev --ephemeral", "", ""},
		{"-r --ro-bind=" + src + ":/etc --tmpfs=/etc/x", "", ""},
		{"-r --tmpfs=/etc --bind=" + src + ":/etc/x", "", ""},
		{"-r --bind=" + src + ":/run/x", "", ""},
		{"-r --bind=" + src + ":/etc/x --tmpfs=/etc", "", ""},
		{"-r --root=/ --bind=" + src + ":/nosuch", "", ""},
	} {
		r := inTree(t, root, c.options, "touch "+c.dir+"/new 2>&1 || true")
		if strings.Contains(c.options, "--root") {
			r = run(t, append(words(c.options), "true")...)
		}
		want := "xunshare: note: " + c.dir + isSealed + c.lacks + " had to be made in a layer over it; to keep it writable, make what is missing on the disk first\n"
		switch {
		case c.dir == "" && r.err != "":
			t.Errorf("%s: %+v", c.options, r)
		case c.dir != "" && (strings.Count(r.err, isSealed) != 1 || !strings.Contains(r.err, want) || !strings.Contains(r.out, "Read-only file system")):
			t.Errorf("%s: %+v\nwant %s", c.options, r, want)
		}
	}
}
