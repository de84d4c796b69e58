package test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is done in a throw-away layer can be seen there and nowhere else.
func TestEphemeral(t *testing.T) {
	root := copyTree(t)
	check := untouched(t, root)
	const script = `: >/new; rm -r /etc /usr/bin; mkdir /etc; echo x >/etc/x; chmod 700 /home; mv /bin/hostname /bin/h; ls /etc; stat -c %a /home /`
	inTree(t, root, "-r --ephemeral", script).want(t, "x\n700\n755\n")
	check(t)
	inTree(t, root, "-rpf --init --ephemeral --mount-proc --dev", script).want(t, "x\n700\n755\n")
	check(t)

	keep := t.TempDir() + "/keep"
	inTree(t, root, "-r --ephemeral="+keep, script).want(t, "x\n700\n755\n")
	inTree(t, root, "-r --ephemeral="+keep, "ls /etc; ls -d /new /bin/h; stat -c %a /home").want(t, "x\n/bin/h\n/new\n700\n")
	check(t)
	// What was made to mount something on does for the next launch, too.
	kept := "-r --ephemeral=" + keep + " --tmpfs=/a/b --bind=/etc/passwd:/c --dev --resolv-conf=auto"
	for range 2 {
		inTree(t, root, kept, "ls -d /a/b /c; stat -c %F /dev").want(t, "/a/b\n/c\ndirectory\n")
	}
	if _, err := os.Stat(keep + "/upper/new"); err != nil {
		t.Error(err)
	}
}

// Two launches do not keep their changes in one directory at the same time.
func TestKeptLayerInUse(t *testing.T) {
	root, keep := copyTree(t), t.TempDir()+"/keep"
	for _, options := range []string{"-r --root=" + root, "--into=" + root} {
		args := append(words(options), "--ephemeral="+keep, "/bin/sh", "-c")
		first := exec.Command(binary(), append(args, "echo; read x")...)
		in, _ := first.StdinPipe()
		out, _ := first.StdoutPipe()
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		out.Read(make([]byte, 1))
		r := run(t, append(args, "true")...)
		if r.status != 1 || !strings.HasPrefix(r.err, "xunshare: prepare the directory of --ephemeral: "+keep+": another launch is using it\nxunshare: hint: ") {
			t.Errorf("%s: %+v", options, r)
		}
		in.Close()
		first.Wait()
		run(t, append(args, "echo free")...).want(t, "free\n")
	}
}

// If there is no room for them, it is told where.
func TestKeptLayerFull(t *testing.T) {
	dir := t.TempDir()
	script := "mount -t tmpfs -o size=64k none " + dir + "; mkdir " + dir + "/keep; cat /dev/zero >" + dir + "/file 2>/dev/null; exec " +
		binary() + " --into=" + copyTree(t) + " --ephemeral=" + dir + "/keep true"
	r := finish(t, exec.Command("unshare", "-rm", "sh", "-c", script))
	if r.status != 1 || !strings.Contains(r.err, "no space left on device\nxunshare: hint: the file system of "+dir+"/keep, ") {
		t.Errorf("%+v", r)
	}
}

// A directory that keeps the changes can be removed by its owner, whatever was done inside and
// however the launch ended.
func TestKeptLayerCanBeRemoved(t *testing.T) {
	root := copyTree(t)
	for _, script := range []string{"rm /etc/passwd", "rm -r /etc /usr; mkdir /etc", "true", "rm /etc/passwd; kill -9 $PPID $$", "mv /etc/passwd /p; chmod 755 /home"} {
		keep := t.TempDir() + "/keep"
		for range 2 {
			inTree(t, root, "-r --ephemeral="+keep, script)
		}
		if out, err := exec.Command("rm", "-rf", keep).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", script, out)
		}
	}
}

// What is shown of the tree's own path on the host is the tree without what was put over it.
func TestSourceInTheTree(t *testing.T) {
	root := copyTree(t)
	os.Remove(root + "/sys")
	for _, options := range []string{"--ephemeral --setenv=C=1", "--read-only", "--read-only -l " + rule(t, "s390x"), "--ephemeral --setenv=C=1 -l " + rule(t, "s390x")} {
		inTree(t, root, "-r "+options+" --bind "+root+"/etc:/mnt/etc", "${C+rm /etc/passwd}; ls /mnt/etc; : >/mnt/etc/new; rm /mnt/etc/new").
			want(t, "group\npasswd\nprofile\n")
	}
}

// A caller with a strict umask has the modes of the tree none the less.
func TestEphemeralUmask(t *testing.T) {
	root := copyTree(t)
	os.Remove(root + "/dev")
	cmd := exec.Command("sh", "-c", `umask 077; exec "$0" "$@"`, binary(), "-r", "--ephemeral", "--dev", "--root="+root,
		"/bin/sh", "-c", "umask; stat -c %a / /dev /dev/shm")
	finish(t, cmd).want(t, "0077\n755\n755\n1777\n")
}

// withoutCalls is the environment variable that has the test binary run its arguments without some
// system calls.
const withoutCalls = "XUNSHARE_TEST_WITHOUT_CALLS"

// An old kernel has no mount_setattr(2) and no openat2(2). A filter says so in the place of a new
// one (seccomp(2)).
func TestOldKernel(t *testing.T) {
	if os.Getenv(withoutCalls) != "" {
		forbid(t, unix.SYS_MOUNT_SETATTR)
		t.Fatal(unix.Exec(os.Args[len(os.Args)-1], strings.Split(os.Getenv(withoutCalls), "\x01"), os.Environ()))
	}
	root := copyTree(t)
	src := t.TempDir()
	os.Mkdir(src+"/sub", 0o755)
	os.Remove(root + "/dev")
	check := untouched(t, root)
	for _, c := range []struct{ options, script, out string }{
		{"-r --ro-bind " + src + ":/a", "touch /a/x 2>&1 || true", "touch: /a/x: Read-only file system\n"},
		{"-r --sys", "for i in /sys " + mountedIn("/sys") + "; do touch $i/x 2>&1 | grep -o Read-only; done | sort -u", "Read-only\n"},
		{"-rpf --mount-proc --dev --read-only", "touch /x /etc/x 2>&1 || true; : >/dev/shm/x", "touch: /x: Read-only file system\ntouch: /etc/x: Read-only file system\n"},
		{"-r --dev", "touch /x 2>&1 || { : >>/etc/passwd && echo fine; }", "touch: /x: Read-only file system\nfine\n"},
	} {
		argv := append([]string{"xunshare"}, words(c.options)...)
		argv = append(argv, "--root="+root, "/bin/sh", "-c", c.script)
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestOldKernel$", binary())
		cmd.Env = append(os.Environ(), withoutCalls+"="+strings.Join(argv, "\x01"))
		finish(t, cmd).want(t, c.out)
		check(t)
	}
}

// mountedIn is a directory below dir that something is mounted on; "" if there is none.
func mountedIn(dir string) string {
	text, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(text)) {
		if at := words(line)[4]; strings.HasPrefix(at, dir+"/") {
			if info, err := os.Stat(at); err == nil && info.IsDir() {
				return at
			}
		}
	}
	return ""
}

// forbid makes a system call fail with ENOSYS in this process, which is to execute another program.
func forbid(t *testing.T, number uint32) {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // nr of struct seccomp_data
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		t.Fatal(errno)
	}
}

// A tree that something is mounted in is put together of parts, each of which can be changed and
// none of which is.
func TestEphemeralOverMounts(t *testing.T) {
	root := copyTree(t)
	for _, dir := range []string{"/boot", "/srv/a/b", "/etc/sub/x", "/odd:,\\name", "/mnt"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	os.Symlink("passwd", root+"/etc/link")
	bound := t.TempDir() + "/bound"
	write(t, bound, "text\n", 0o640)
	write(t, root+"/etc/hosts", "", 0o644)
	check := untouched(t, root)
	mounts := `cd "$0"; mount -t tmpfs -o noexec x boot; echo k >boot/k; mount -t tmpfs x srv/a/b; mkdir srv/a/b/in; mount --rbind etc srv/a/b/in; ` +
		`mount --bind "` + bound + `" etc/hosts; mount --rbind /sys mnt; exec "$@"`
	enter := func(options, script string) result {
		args := append([]string{"-rm", "sh", "-c", mounts, root, binary()}, words(options)...)
		return finish(t, exec.Command("unshare", append(args, "/bin/sh", "-c", script)...))
	}
	for _, options := range []string{"--into=" + root + " --ephemeral", "--into=" + root + " --ephemeral --map=current", "-rpf --mount-proc --ephemeral --root=" + root} {
		for _, c := range []struct{ script, out string }{
			{"cat /boot/k /etc/hosts /srv/a/b/in/group; readlink /etc/link; stat -c %a /etc/hosts /", "k\ntext\nroot:x:0:\nnogroup:x:65534:\npasswd\n640\n755\n"},
			{": >/x; : >/boot/x; : >/etc/x; : >/usr/x; : >/srv/a/b/x; : >/srv/a/b/in/x; for d in /odd*; do touch $d/x; done; ls -d /*/x /etc/hosts", "/boot/x\n/etc/hosts\n/etc/x\n/odd:,\\name/x\n/usr/x\n"},
			{"rm /etc/passwd /etc/hosts /boot/k; rm -r /usr/bin /srv/a/b/in/*; echo n >/etc/hosts; cat /etc/hosts; ls /boot /srv/a/b/in", "n\n/boot:\n\n/srv/a/b/in:\n"},
			{"cp /bin/busybox /boot/b 2>/dev/null || cp /bin/sh /boot/b; /boot/b true 2>/dev/null || echo noexec; touch /mnt/x 2>/dev/null || echo ro", "noexec\nro\n"},
		} {
			r := enter(options, c.script)
			if r.status != 0 || r.out != c.out || !strings.Contains(r.err, "layers of their own: /boot, ") || !strings.Contains(r.err, "read-only: /mnt") {
				t.Errorf("%s, %s: %+v\nwant %s", options, c.script, r, c.out)
			}
			check(t)
		}
	}
	if r := enter("--into="+root+" --ephemeral="+t.TempDir(), "true"); r.status != 1 || !strings.Contains(r.err, "/boot is a mount in the tree") {
		t.Errorf("%+v", r)
	}
}
