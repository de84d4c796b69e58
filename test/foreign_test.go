package test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// inside is run in foreign trees: everything here is emulated, down to the grandchildren.
const inside = `
uname -m
id -u
echo a b c | tr a-z A-Z | cat
cat >/tmp/script <<'EOF'
#!/bin/sh
/bin/busybox uname -m
EOF
chmod +x /tmp/script
/tmp/script
chroot / /bin/uname -m
sh -c 'sh -c "exec /bin/uname -m"'
rm /tmp/script
`

func insideWant(machine string) string {
	return strings.Join([]string{machine, "0", "A B C", machine, machine, machine, ""}, "\n")
}

// Everywhere: with and without a pid namespace of its own, with and without a /proc in the tree.
func TestForeignTrees(t *testing.T) {
	for arch, a := range arches {
		for _, options := range []string{"-rpf", "-r", "-rmp", "--map-root-user --fork --pid"} {
			for _, proc := range []string{"", "-no-proc"} {
				t.Run(arch+options+proc, func(t *testing.T) {
					root := tree(arch)
					if proc != "" {
						root = withoutProc(t, arch)
					}
					unchanged := snapshot(t, root)
					args := append(words(options), "--load-binfmt", rule(t, arch), "--root="+root, "/bin/sh", "-c", inside)
					run(t, args...).want(t, insideWant(a.machine))
					unchanged(t)
				})
			}
		}
	}
}

func withoutProc(t *testing.T, arch string) string {
	t.Helper()
	root := t.TempDir() + "/tree"
	if out, err := exec.Command("cp", "-a", tree(arch), root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Remove(root + "/proc"); err != nil {
		t.Fatal(err)
	}
	return root
}

// snapshot lists a tree, and the host's rules; what it returns checks that both are the same
// afterwards.
func snapshot(t *testing.T, root string) (unchanged func(*testing.T)) {
	before := listing(t, root)
	return func(t *testing.T) {
		t.Helper()
		if after := listing(t, root); after != before {
			t.Errorf("the tree has changed from\n%s\nto\n%s", before, after)
		}
	}
}

func listing(t *testing.T, root string) string {
	t.Helper()
	// The times of directories change where the test itself writes.
	out, err := exec.Command("sh", "-c", `find "$0" -xdev -printf '%P %y %m %U %G %s %l\n' | sort; ls /proc/sys/fs/binfmt_misc; cat /proc/self/mountinfo`, root).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Without flag F the emulator is looked up inside the root.
func TestEmulatorInsideTheRoot(t *testing.T) {
	root := withoutProc(t, "powerpc")
	text := strings.Replace(rule(t, "powerpc"), emulator(t, "powerpc")+":POCF", "/qemu-ppc:POC", 1)
	r := run(t, "--map-root-user", "--fork", "--pid", "--load-binfmt", text, "--root="+root, "/bin/sh", "-l", "-c", "uname -m")
	if r.status != 1 || !strings.Contains(r.err, "emulator /qemu-ppc: no such file or directory inside the root") {
		t.Errorf("without the emulator: status %d, %s", r.status, r.err)
	}
	copyFile(t, emulator(t, "powerpc"), root+"/qemu-ppc")
	run(t, "--map-root-user", "--fork", "--pid", "--load-binfmt", text, "--root="+root, "/bin/sh", "-l", "-c", "uname -m").
		want(t, "ppc\n")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// addBusybox puts the busybox of another tree into a folder.
func addBusybox(t *testing.T, arch, folder string) {
	t.Helper()
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, tree(arch)+"/bin/busybox", folder+"/busybox")
}

// The long form that the idea comes from, with a login shell that reads its script from standard
// input.
func TestLoginShell(t *testing.T) {
	cmd := exec.Command(binary(), "--map-root-user", "--fork", "--pid", "--load-binfmt", rule(t, "powerpc"),
		"--root="+tree("powerpc"), "/bin/sh", "-l")
	cmd.Stdin = strings.NewReader("echo $PATH; uname -m; exit 4\n")
	r := finish(t, cmd)
	if r.status != 4 || r.out != "/usr/local/bin:/usr/bin:/bin\nppc\n" {
		t.Errorf("status %d, printed %q, %s", r.status, r.out, r.err)
	}
}

// The rules can be seen where everybody looks for them, and they are these and no other.
func TestRulesAreShown(t *testing.T) {
	r := run(t, "-rpf", "-l", rule(t, "arm64"), "-l", rule(t, "s390x"), "--root="+tree("arm64"), "/bin/ls", "/proc/sys/fs/binfmt_misc")
	r.want(t, "qemu-aarch64\nqemu-s390x\nregister\nstatus\n")
}

// Several architectures at once: a shell of one starts a program of the other.
func TestTwoArchitectures(t *testing.T) {
	root := withoutProc(t, "arm64")
	addBusybox(t, "s390x", root+"/s390x")
	run(t, "-r", "-l", rule(t, "arm64"), "-l", rule(t, "s390x"), "--root="+root, "/bin/sh", "-c", "uname -m; /s390x/busybox uname -m").
		want(t, "aarch64\ns390x\n")
}

// Rules survive where they have no mount that anybody can see, and in mount and user namespaces
// made inside; the tools for that are native, because an emulated program cannot make namespaces.
func TestRulesSurviveNestedNamespaces(t *testing.T) {
	for _, proc := range []bool{true, false} {
		root := withoutProc(t, "arm64")
		if proc {
			os.Mkdir(root+"/proc", 0o755)
		}
		addBusybox(t, native, root+"/native")
		script := `
/native/busybox unshare -m /bin/uname -m
/native/busybox unshare -m /native/busybox sh -c '/native/busybox umount -l /proc 2>/dev/null; /bin/uname -m'
/native/busybox unshare -U /bin/uname -m
/native/busybox umount -l /proc/sys/fs/binfmt_misc 2>/dev/null
/bin/uname -m
`
		run(t, "-rpf", "-l", rule(t, "arm64"), "--root="+root, "/native/busybox", "sh", "-c", script).
			want(t, strings.Repeat("aarch64\n", 4))
	}
}

// On the host's own tree the rules serve whatever runs there.
func TestRulesWithoutRoot(t *testing.T) {
	run(t, "-r", "-l", rule(t, "s390x"), "sh", "-c", tree("s390x")+"/bin/busybox uname -m; test -d "+os.Getenv("HOME")).
		want(t, "s390x\n")
}

// Whoever the target is to be, rules can be loaded for it: binfmt_misc's register file is root's,
// who then is somebody only during set-up.
func TestRulesForAnybody(t *testing.T) {
	needSubIDs(t)
	me := os.Getuid()
	for _, c := range []struct{ args, id, users string }{
		{"-r", "0", fmt.Sprint("0 ", me, " 1")},
		{"-c", fmt.Sprint(me), fmt.Sprint(me, " 0 1")},
		{"-c --fork --pid --init", fmt.Sprint(me), fmt.Sprint(me, " 0 1")},
		{"-U", "65534", ""},
		{"--map-user=0", "0", "0 0 1"},
		{"--map-user=7 --map-group=7 -f", "7", "7 0 1"},
		{"-c --map-subids", fmt.Sprint(me), fmt.Sprint(me, " 0 1, 2000000 2000000 65536, 3000000 3000000 1000")},
		{"-c --map-subids -pf --init", fmt.Sprint(me), fmt.Sprint(me, " 0 1, 2000000 2000000 65536, 3000000 3000000 1000")},
		{"--map-subids --map-user=7 --map-group=8 -S 2000005", "2000005", "7 0 1, 2000000 2000000 65536, 3000000 3000000 1000"},
		{"-c --map-auto", fmt.Sprint(me), fmt.Sprint(me, " ", me, " 1, 0 2000000 ", me, ", ", me+1, " ", 2000000+me, " ", 65536-me, ", 65537 3000000 1000")},
	} {
		args := append(words(c.args), "-l", rule(t, "s390x"), "sh", "-c", tree("s390x")+"/bin/busybox id -u; cat /proc/self/uid_map")
		r := run(t, args...)
		id, users, _ := strings.Cut(r.out, "\n")
		if r.status != 0 || r.err != "" || id != c.id || columns(users) != c.users {
			t.Errorf("%s: %+v, want %s and %s", c.args, r, c.id, c.users)
		}
	}
	run(t, "-c", "--keep-caps", "-m", "-l", rule(t, "s390x"), "sh", "-c", "mount -t tmpfs x /mnt && "+tree("s390x")+"/bin/busybox uname -m").want(t, "s390x\n")
}

// A program that leaves the mount namespace, and then lets go of the host's mounts, as container
// engines do, keeps the rules.
func TestRulesOutliveTheirMounts(t *testing.T) {
	run(t, "-r", "-l", rule(t, "s390x"), "unshare", "-m", "sh", "-c", "umount -l /proc/sys/fs/binfmt_misc; "+tree("s390x")+"/bin/busybox uname -m").
		want(t, "s390x\n")
}
