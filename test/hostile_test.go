package test

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// everything is all that may be mounted in a tree.
const everything = "-rpf --mount-proc --dev --sys --resolv-conf=auto --tmpfs /run --bind-self --bind /etc/passwd:/etc/passwd"

// replace puts something else in the place of a directory of the tree.
func replace(root, name string, put func(path string) error) {
	os.RemoveAll(root + name)
	if err := put(root + name); err != nil {
		panic(err)
	}
}

func link(text string) func(string) error {
	return func(path string) error { return os.Symlink(text, path) }
}

func file(path string) error { return os.WriteFile(path, []byte("x"), 0o644) }

func fifo(path string) error { return unix.Mkfifo(path, 0o644) }

// A tree may be made by anybody. Whatever stands where a directory should be, nothing is mounted or
// written outside the tree, nor in it on the disk, and what was asked for is there.
func TestHostileTrees(t *testing.T) {
	for name, spoil := range map[string]func(root string){
		"dev out of it":     func(root string) { replace(root, "/dev", link("../../../../dev")) },
		"dev absolute":      func(root string) { replace(root, "/dev", link("/dev/../dev")) },
		"dev is the root":   func(root string) { replace(root, "/dev", link("/")); replace(root, "/sys", link("usr/../..")) },
		"dev dangling":      func(root string) { replace(root, "/dev", link("../run/../nosuch")) },
		"dev elsewhere":     func(root string) { replace(root, "/dev", link("usr/devices")) },
		"dev is a fifo":     func(root string) { replace(root, "/dev", fifo) },
		"dev is a file":     func(root string) { replace(root, "/dev", file) },
		"all missing":       func(root string) { os.Remove(root + "/dev"); os.Remove(root + "/sys"); os.Remove(root + "/proc") },
		"proc is a file":    func(root string) { replace(root, "/proc", file) },
		"proc is a link":    func(root string) { replace(root, "/proc", link("/etc/../proc2")) },
		"sys in a circle":   func(root string) { replace(root, "/sys", link("a")); replace(root, "/a", link("sys")) },
		"run is a fifo":     func(root string) { replace(root, "/run", fifo) },
		"passwd is a fifo":  func(root string) { replace(root, "/etc/passwd", fifo) },
		"resolv.conf":       func(root string) { replace(root, "/etc/resolv.conf", link("/etc/passwd")) },
		"local is a file":   func(root string) { replace(root, "/usr/local", file) },
		"local is a socket": func(root string) { replace(root, "/usr/local", socket) },
		"closed":            func(root string) { os.Mkdir(root+"/closed", 0); replace(root, "/sys", link("closed")) },
		"a long name":       func(root string) { replace(root, "/sys", link(strings.Repeat("y", 255))) },
		"odd names": func(root string) {
			for _, name := range []string{"/a\nb", "/c:d", "/e,f", "/g h", `/i\j`, "/\xff", "/--", "/" + strings.Repeat("z", 255)} {
				os.Mkdir(root+name, 0o755)
			}
			os.Remove(root + "/sys")
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := copyTree(t)
			spoil(root)
			check := untouched(t, root)
			r := inTree(t, root, everything, "ls -d /proc/self/exe /dev/null /dev/pts/ptmx /sys/kernel; : >/run/x; xunshare --version >/dev/null; ls -A | wc -l")
			if want := "/dev/null\n/dev/pts/ptmx\n/proc/self/exe\n/sys/kernel\n"; !strings.HasPrefix(r.out, want) || r.unsealed().err != "" {
				t.Errorf("%+v, want %q", r, want)
			}
			check(t)
			if r := inTree(t, root, everything+" --ephemeral", "ls -d /dev/null /sys/kernel /run; : >/new"); r.err != "" || r.out != "/dev/null\n/run\n/sys/kernel\n" {
				t.Errorf("--ephemeral: %+v", r)
			}
			check(t)
		})
	}
}

func socket(path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrUnix{Name: path})
}

// The names of the tree and of what is shown in it may be anything.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{"a\nb", "c:d", "e,f", " g h ", `i\:j\`, "\xff\x01", "-k", "upperdir=x,y:z", strings.Repeat("l", 255)} {
		dir := t.TempDir() + "/" + name
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		root := dir + "/tree"
		if out, err := exec.Command("cp", "-a", tree(native), root).CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
		check := untouched(t, root)
		escaped := strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(dir)
		for _, more := range [][]string{nil, {"--ephemeral"}, {"--ephemeral=" + dir + "/keep"}, {"--read-only"}} {
			args := append(words("-r --tmpfs /run"), more...)
			args = append(args, "--bind="+escaped+":/mnt/"+name, "--root="+root, "/bin/sh", "-c", `ls "/mnt/$0/tree/bin/busybox" | wc -c`, name)
			r := run(t, args...)
			if r.status != 0 || r.unsealed().err != "" || r.out != fmt.Sprintln(len("/mnt/"+name+"/tree/bin/busybox\n")) {
				t.Errorf("%q %v: %+v", name, more, r)
			}
		}
		check(t)
	}
}

// What is killed at any moment leaves nothing behind.
func TestKilledAnywhere(t *testing.T) {
	root := copyTree(t)
	os.Remove(root + "/sys")
	check := untouched(t, root)
	killAnywhere(t, root, "--ephemeral --dev --sys", "--dev --sys --bind /etc:/a/b/c", "--init --read-only --dev --resolv-conf=auto")
	check(t)
}

// Nor while the parent makes what it makes for the child.
func TestKilledWhileCopying(t *testing.T) {
	root := othersTree(t, native)
	mounts := untouched(t, "/etc/passwd")
	before := asOwner(t, root, listed+alsoChanged)
	killAnywhere(t, root, "--ephemeral", "--ephemeral --init --dev")
	mounts(t)
	if after := asOwner(t, root, listed+alsoChanged); after != before {
		t.Errorf("the tree has changed:\n%s", difference(before, after))
	}
}

// killAnywhere kills launches with these options in turn, and sees to it that no process is left.
func killAnywhere(t *testing.T, root string, options ...string) {
	t.Helper()
	for i := range 60 {
		args := append(words("-rpf --mount-proc "+options[i%len(options)]), "--root="+root, "/bin/sleep", "1000")
		cmd := exec.Command(binary(), args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Intn(15000)) * time.Microsecond) // any moment will do: this waits for nothing
		cmd.Process.Kill()
		cmd.Wait()
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		left, _ := exec.Command("pgrep", "-u", fmt.Sprint(os.Getuid()), "-f", root).Output()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %s", left)
		}
	}
}

// Trees lie on file systems of all kinds. An outer user namespace makes them.
func TestTreesOnOtherFileSystems(t *testing.T) {
	if _, err := exec.LookPath("unshare"); err != nil {
		asuser.Skip(t, "there is no unshare(1) to make the file systems with")
	}
	root := copyTree(t)
	os.Remove(root + "/sys")
	dir := t.TempDir()
	check := untouched(t, root)
	run := `"$0" -rpf --mount-proc --dev --sys %s --root=` + dir + ` /bin/sh -c 'ls -d /sys/kernel /dev/null; %s'`
	over := func(lower, at string) string {
		return strings.NewReplacer("LOWER", lower, "AT", at).Replace(
			`mount -t tmpfs x AT && cd AT && mkdir l u w && mount --bind LOWER l && mount -t overlay x AT -o lowerdir=l,upperdir=u,workdir=w,userxattr && `)
	}
	for name, c := range map[string]struct{ script, out string }{
		"tmpfs":     {"mount -t tmpfs x $2 && cp -a $1/. $2 && " + fmt.Sprintf(run, "", ": >/tmp/x"), ""},
		"overlay":   {over("$1", "$2") + fmt.Sprintf(run, "", ": >/tmp/x"), ""},
		"read-only": {"mount --bind $1 $2 && mount -o remount,bind,ro $2 && " + fmt.Sprintf(run, "", "touch /tmp/x 2>&1 || true"), "touch: /tmp/x: Read-only file system\n"},
		"noexec": {"mount --bind $1 $2 && mount -o remount,bind,noexec,nosuid,nodev $2 && " +
			fmt.Sprintf(run, "--bind $1/bin:/bin", ": >/dev/null"), ""},
		"throw away, overlay":   {over("$1", "$2") + fmt.Sprintf(run, "--ephemeral", ": >/x; ls -d /x"), "/x\n"},
		"throw away, read-only": {"mount --bind $1 $2 && mount -o remount,bind,ro $2 && " + fmt.Sprintf(run, "--ephemeral", ": >/tmp/x; ls /tmp"), "x\n"},
		"throw away, a third layer": {over("$1", "$3") + over("$3", "$2") + fmt.Sprintf(run, "--ephemeral", "true") + " 2>&1 | grep -c 'cannot be a layer of an overlay' && exit 0",
			"1\n"},
		"throw away, with a mount": {"mount --bind $1 $2 && mount -t tmpfs x $2/etc && " + fmt.Sprintf(run, "--ephemeral", "true") + " 2>&1 | grep -c 'layers of their own: /etc$' && exit 0", "1\n"},
		"mounts in it":             {"mount --bind $1 $2 && mount -t tmpfs x $2/etc && : >$2/etc/here && " + fmt.Sprintf(run, "--read-only", "ls /etc; touch /etc/x 2>&1 || true"), "here\ntouch: /etc/x: Read-only file system\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := finish(t, exec.Command("unshare", "-rm", "sh", "-c", c.script, binary(), root, dir, t.TempDir()))
			want := "/dev/null\n/sys/kernel\n" + c.out
			if strings.Contains(c.script, "grep -c") {
				want = c.out
			}
			r.want(t, want)
			check(t)
		})
	}
}

// What a program has left in a layer that is kept does not lead out of the next launch: not through
// the descriptors that set-up has open either.
func TestHostileLayer(t *testing.T) {
	victim := t.TempDir()
	write(t, victim+"/resolv.conf", "text", 0o644)
	root := copyTree(t)
	os.Symlink("resolv.conf", root+"/etc/resolv.conf") // a loop, which is replaced
	for fd := range 24 {
		keep := t.TempDir()
		os.Mkdir(keep+"/upper", 0o755)
		if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d%s", fd, victim), keep+"/upper/etc"); err != nil {
			t.Fatal(err)
		}
		run(t, "--into="+root, "--ephemeral="+keep, "--bind=/etc/hostname:/etc/new", "true") // it may fail
		if text, err := os.ReadFile(victim + "/resolv.conf"); err != nil || string(text) != "text" {
			t.Fatalf("through descriptor %d: %q, %v", fd, text, err)
		}
		if left, _ := os.ReadDir(victim); len(left) != 1 {
			t.Fatalf("through descriptor %d: %v", fd, left)
		}
	}
}
