package test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Bad input gets one sentence, a hint where there is a remedy, the status of unshare(1), and leaves
// nothing behind.
func TestBadInput(t *testing.T) {
	home := t.TempDir()
	files := map[string]os.FileMode{"plain": 0o644, "text": 0o755, "script": 0o755, "options": 0o644}
	for name, mode := range files {
		text := map[string]string{"script": "#!/bin/nosuch-shell\n", "options": "wd /tmp"}[name] + "\n"
		if err := os.WriteFile(home+"/"+name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	os.Mkdir(home+"/closed", 0o600)
	os.Symlink("loop", home+"/loop")
	os.Symlink("nowhere", home+"/dangling")
	if err := errors.Join(unix.Mkfifo(home+"/fifo", 0o755), os.Chmod(home+"/fifo", 0o755)); err != nil {
		t.Fatal(err)
	}
	os.Mkdir(home+"/xunshare", 0)
	t.Setenv("XDG_CONFIG_HOME", home)
	write(t, home+"/self", "#!"+home+"/self\n", 0o755)
	write(t, home+"/0", "#!/bin/sh\n", 0o755)
	for i := range 6 { // one more than the kernel follows
		write(t, fmt.Sprintf("%s/%d", home, i+1), fmt.Sprintf("#!%s/%d\n", home, i), 0o755)
	}
	write(t, home+"/dos", "#!/bin/sh\r\necho a\r\n", 0o755)
	foreign, here := tree("s390x"), tree(native)
	copyFile(t, foreign+"/bin/busybox", home+"/unreadable")
	os.Chmod(home+"/unreadable", 0o111)
	const magic = `:x:M::\x7fELF\x02\x02::`
	for _, c := range []struct {
		args   string
		status int
		says   string
		hint   string
	}{
		{"--bogus", 1, "there is no option --bogus", "--help"},
		{"-r --root=" + home + "/nosuch true", 1, "there is no such directory", ""},
		{"-r --root=" + home + "/plain true", 1, "not a directory", "unpacked or mounted"},
		{"-m --root=" + home + "/closed true", 1, "you may not search this directory", "chmod a+x"},
		{"-r --root=" + home + "/closed/x true", 1, "permission denied", "you may not search " + home + "/closed "},
		{"-r --ephemeral=" + home + "/closed/x --root=" + here + " true", 1, "permission denied", "you may not search " + home + "/closed "},
		{"-r --root=" + home + "/loop true", 1, "too many levels of symbolic links", ""},
		{"-m true", 1, "operation not permitted", "add --map-root-user"},
		{"--root=" + here + " true", 1, "chroot", "add --map-root-user"},
		{"-r --mount-proc true", 1, "mount /proc: operation not permitted", "add --pid --fork"},
		{"-rm --root=" + here + " --wd=/nosuch true", 1, "change the working directory: chdir /nosuch", ""},
		{"-rpf --mount-proc=/nosuch true", 1, "mount /nosuch: no such file", "mkdir"},
		{"--setgroups=deny true", 1, "set whether setgroups(2) may be called", "add --user"},
		{"-r --uts=" + home + "/plain true", 1, "keep the namespace: mount " + home + "/plain: operation not permitted", "and root there"},
		{"--net=" + home + "/plain true", 1, "enter new namespaces: unshare: operation not permitted", "and root there"},
		{"-rT --boottime=-4000000000 true", 1, "set the boot-time clock", "before zero"},
		{"-rT --boottime=9223372036854775807 true", 1, "set the boot-time clock", "too far ahead"},
		{"-rT --monotonic=9223372036854775807 true", 1, "set the monotonic clock", "too far ahead"},
		{"-S 0 true", 1, "setuid: operation not permitted", "add --map-root-user"},
		{"-G 0 true", 1, "setgroups: operation not permitted", "add --map-root-user --map-auto"},
		{"-m=/x true", 1, "a short option takes no '=': write --mount=/x", ""},
		{"--print-rule=arm64, true", 1, "is empty", "auto"},
		{"--map=everything true", 1, "is none of auto, root, current, subids", ""},
		{"--into=" + home + "/nosuch", 1, "there is no such directory", ""},
		{"--into=nosuch", 1, "--into=nosuch: " + home + "/xunshare/nosuch.conf: permission denied", "namei -l " + home + "/xunshare/nosuch.conf"},
		{"--into=" + home + "/dangling", 1, "/dangling: is a link to nowhere, which is not there", ""},
		{"--arch=arm64 --sysroot=/nosuch true", 1, "--sysroot: /nosuch: there is no such directory", "/usr/aarch64-linux-gnu"},
		{"--arch=arm64 --sysroot=/etc/passwd true", 1, "--sysroot: /etc/passwd: is not a directory", ""},
		{"--into=" + here + " --sysroot=/nosuch true", 1, "/nosuch: there is no such directory in " + here, ""},
		{"--map-user=1 --setgroups=allow --map-group=1 true", 1, "exclude each other", "leave out --setgroups"},

		{"-r --config=" + home + "/options true", 1, `/options:1: "wd /tmp" is not an option`, "with its dashes"},
		{"-r /bin/nosuch", 127, "/bin/nosuch: there is no such program", ""},
		{"-rm --root=" + here + " nosuch", 127, "nosuch: there is no such program in " + here, "PATH leads to"},
		{"-r " + home + "/plain", 126, "is not executable (mode 0644)", "chmod +x"},
		{"-r " + home + "/dos", 127, `is a script for /bin/sh\r, which is not there`, `Windows line ends): sed -i 's/\r$//' ` + home + "/dos"},
		{"--into=" + home + "/\x1b[31m", 1, `/\x1b[31m: there is no such directory`, ""},
		{"-r " + home + "/fifo", 126, "is not a regular file", ""},
		{"-r " + home + "/self", 126, "is a script that names itself as its interpreter", ""},
		{"-r " + home + "/6", 126, "more often than the kernel allows", ""},
		{"--arch=s390x " + tree("arm64") + "/bin/busybox true", 126, "is a program for aarch64, and no rule runs it here", "add it: --arch=s390x,aarch64"},
		{"-r " + home, 126, "is a directory", "--into=" + home + " would enter it"},
		{"--into=~/tree", 1, "root ~/tree: there is no such directory", "put a space in place of"},
		{"--config=~/x", 1, "--config=~/x: no such file", "put a space in place of"},
		{"--mount-binfmt=/nosuch true", 1, "mount /nosuch: no such file", "has to exist"},
		{"-r " + home + "/script", 127, "is a script for /bin/nosuch-shell, which is not there", ""},
		{"-r " + foreign + "/bin/busybox true", 126, "is a program for s390x, and no rule runs it here", "--arch=auto"},
		{"--arch=auto " + home + "/unreadable true", 126, "/unreadable: you may not read it", "name the architecture: --arch=arm64"},
		{"-rm --root=" + foreign + " /bin/busybox", 126, "is a program for s390x", "--arch=auto"},
		{"-rm --root=" + foreign + " /usr/local/bin/hello", 126, "/bin/sh: is a program for s390x", "--arch=auto"},

		{"-r -l nonsense true", 1, "rule", ":name:type:offset:magic:mask:interpreter:flags"},
		{"-r -l ::M::abc::/bin/true: true", 1, "the name is empty", ""},
		{"-r -l :..:M::abc::/bin/true: true", 1, `".."`, ""},
		{"-r -l :a/b:M::abc::/bin/true: true", 1, "the name contains a '/'", ""},
		{"-r -l :x:Q::abc::/bin/true: true", 1, "type", ""},
		{"-r -l PxPMPPabcPP/bin/trueP true", 1, "delimiter", ""},
		{`-r -l :x:M::\x7fELF:\xff\xff:/bin/true: true`, 1, "the mask", ""},
		{`-r -l :x:M::\xzz::/bin/true: true`, 1, `\xzz`, ""},
		{"-r -l :x:M::" + strings.Repeat("a", 1920) + "::/bin/true: true", 1, "1920", ""},
		{"-r -l :x:M::abc::/bin/true:q true", 1, "flag", ""},
		{"-r -l :x:M::abc::/bin/true:Z true", 1, "write register: invalid argument", "flags that every kernel knows"},
		{"-r -l :x:M::abc::/bin/true: -l :x:M::abd::/bin/true: true", 1, `"x"`, ""},

		{"-r -l " + magic + "/nosuch:F true", 1, "emulator /nosuch: no such file", "qemu-user"},
		{"-r -l " + magic + "qemu-s390x-static:F true", 1, "emulator qemu-s390x-static: no such file or directory in the working directory", "absolute path"},
		{"-r -l " + magic + "nosuch: " + foreign + "/bin/busybox", 127, "is there, but what runs it is not found", "absolute path"},
		{"-r -l " + magic + home + "/plain:F true", 1, "is not executable", "chmod +x"},
		{"-r -l " + magic + home + ":F true", 1, "is a directory", ""},
		{"-r -l " + magic + "/dev/null:F true", 1, "is a device", ""},
		{"-r -l " + magic + home + "/text:F true", 1, "not a program", ""},
		{"-r -l " + magic + home + "/script:F --root=" + foreign + " true", 1, "is a script", ""},
		{"-r -l " + magic + foreign + "/bin/busybox:F true", 1, "is a program for s390x", ""},
		{"-r -l " + magic + "/bin/true:F --root=" + foreign + " true", 1, "is dynamically linked", "static"},
		{"-r -l " + magic + "/usr/bin/env: --root=" + foreign + " true", 1, "", ""},
	} {
		t.Run(c.args, func(t *testing.T) {
			unchanged := snapshot(t, home)
			r := run(t, words(c.args)...)
			lines := strings.Split(strings.TrimSuffix(r.err, "\n"), "\n")
			if r.status != c.status || r.out != "" || !strings.Contains(lines[0], c.says) || !strings.HasPrefix(lines[0], "xunshare: ") {
				t.Errorf("%+v, want status %d, %q", r, c.status, c.says)
			}
			hints := strings.Join(lines[1:], "\n")
			if !strings.Contains(hints, c.hint) || strings.Count(hints, "xunshare: hint: ") != len(lines)-1 {
				t.Errorf("hints %q, want %q", hints, c.hint)
			}
			unchanged(t)
		})
	}
}

// A program that is shown in the tree is looked at where it comes from.
func TestShownProgram(t *testing.T) {
	root, dir := copyOf(t, native), t.TempDir()
	write(t, dir+"/script", "#!/bin/nosuch\n", 0o755)
	write(t, dir+"/plain", "", 0o644)
	write(t, root+"/there", "", 0o755)
	in := "--into=" + root + " --map=root --bind=" + dir + ":/shown --bind=" + tree("s390x") + ":/tree "
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{in + "/tree/bin/busybox uname -m", 0, ""},
		{in + "/shown/script", 127, "/shown/script: is a script for /bin/nosuch, which is not there in " + root},
		{in + "--wd=/shown ./plain", 126, "./plain: is not executable (mode 0644)\nxunshare: hint: chmod +x " + dir + "/plain\n"},
		{in + "--bind=/usr/bin/env:/there /there", 127, "/there: needs the program loader "},
		{in + "/shown/nosuch", 127, "/shown/nosuch: there is no such program in " + root},
	} {
		if r := run(t, words(c.args)...); r.status != c.status || !strings.Contains(r.err, c.says) || strings.Contains(r.err, "no rule") {
			t.Errorf("%s: %+v, want %q", c.args, r, c.says)
		}
	}
}

func TestNoName(t *testing.T) {
	if r := run(t, "-r", ""); r.status != 127 || r.err != "xunshare: \"\": there is no such program\n" {
		t.Errorf("%+v", r)
	}
}

// A system that forbids user namespaces says so in words that name the setting. A user namespace
// has limits of its own, so that this needs no administrator.
func TestNoUserNamespaces(t *testing.T) {
	r := run(t, "-r", "sh", "-c", "echo 0 >/proc/sys/user/max_user_namespaces; exec "+binary()+" -r true")
	if r.status != 1 || !strings.Contains(r.err, "hint: this system allows no user namespaces") {
		t.Errorf("%+v", r)
	}
	r = run(t, "-r", binary(), "--root="+tree(native), "/bin/true")
	if r.status != 0 {
		t.Errorf("%+v", r)
	}
}

// In a chroot the kernel makes no user namespaces.
func TestInAChroot(t *testing.T) {
	root := withoutProc(t, native)
	copyFile(t, binary(), root+"/bin/xunshare")
	r := run(t, "-r", "--root="+root, "/bin/xunshare", "-r", "true")
	if r.status != 1 || !strings.Contains(r.err, "refuses new user namespaces in a chroot") {
		t.Errorf("%+v", r)
	}
}

// Nor does it for somebody who has no id of their own where they are.
func TestUnmapped(t *testing.T) {
	for _, c := range []struct{ outer, inner, want string }{
		{"-U", "-r true", "neither your user nor your group is mapped"},
		{"-U", "--into=" + tree("arm64") + " true", "neither your user nor your group is mapped"},
		{"--map-users=0:1000:1", "-r true", "your group is not mapped"},
		{"--map-groups=0:1000:1", "-r true", "your user is not mapped"},
	} {
		r := run(t, append([]string{c.outer, binary()}, words(c.inner)...)...)
		if r.status != 1 || !strings.Contains(r.err, "hint: "+c.want) || strings.Contains(r.err, "chroot") {
			t.Errorf("%s, %s: %+v", c.outer, c.inner, r)
		}
	}
	if r := run(t, "-U", binary(), "--doctor"); !strings.Contains(r.out, "your group is mapped") || strings.Contains(r.out, "in a chroot") {
		t.Errorf("%+v", r)
	}
}

// --dry-run changes nothing, needs nothing, and says what would be done.
func TestDryRun(t *testing.T) {
	unchanged := snapshot(t, tree("arm64"))
	r := run(t, "-rpf", "-l", rule(t, "arm64"), "--root="+tree("arm64"), "--dry-run", "/bin/touch", "/proof")
	for _, want := range []string{"clone(CLONE_NEWUSER|CLONE_NEWNS|CLONE_NEWPID|SIGCHLD)", `pivot_root(".", ".")`, "# register qemu-aarch64",
		`execve("/bin/touch", ["/bin/touch", "/proof"]`} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the plan lacks %s:\n%s", want, r.out)
		}
	}
	unchanged(t)
	trace := finish(t, exec.Command("strace", "-f", "-e", "trace=unshare,mount,fsopen,pivot_root,chroot", binary(), "-rpf",
		"-l", rule(t, "arm64"), "--root="+tree("arm64"), "--dry-run", "/bin/true"))
	if trace.status != 0 || strings.Contains(trace.err, "(") {
		t.Errorf("--dry-run made system calls: %s", trace.err)
	}
}
