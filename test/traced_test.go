package test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	noteTraced = "foreign programs are run by tracing"
	noteBare   = "the tree is entered by chroot(2) alone"
)

// Where no namespaces can be made, programs of a foreign tree run all the same, by chroot(2) as
// root, in wrap mode as anybody.
func TestTracedInContainer(t *testing.T) {
	for _, c := range []struct {
		engine
		command, want string
	}{
		{docker, "xunshare --into=/arm64 sh -c 'uname -m; ls -d /arm64 /bin 2>/dev/null; /bin/uname -m'", "aarch64\n/bin\naarch64\n"},
		{docker, "xunshare --into=/amd64 sh -c 'uname -m; ls -d /amd64 /bin 2>/dev/null; echo $HOME'", "x86_64\n/bin\n/root\n"},
		{docker, "xunshare --arch=auto --root=/arm64 sh -c 'uname -m; ls -d /arm64 /bin 2>/dev/null; true'", "aarch64\n/bin\n"},
		{docker, "xunshare --load-binfmt=\"$(xunshare --print-rule=arm64)\" /arm64/bin/busybox uname -m", "aarch64\n"},
		{docker, "xunshare --arch=arm64 /arm64/bin/busybox uname -m", "aarch64\n"},
		{docker.strict(), "xunshare --into=/arm64 uname -m", "aarch64\n"},
		{docker.strict().as(1000), "xunshare --arch=arm64 /arm64/bin/busybox uname -m", "aarch64\n"},
		{docker.strict().peopled(), "echo guest:x:33:34::/:/bin/sh >>/arm64/etc/passwd; xunshare --into=/arm64 sh -c '" +
			"busybox su guest -s /bin/sh -c \"id -u; id -g; /bin/uname -m; /bin/sh -c /bin/uname\"; busybox id -u; /bin/uname -m'", "33\n34\naarch64\nLinux\n0\naarch64\n"},
		{docker.as(1000), "xunshare --arch=arm64 sh -c 'id -u; /arm64/bin/busybox uname -m'", "1000\naarch64\n"},
	} {
		if c.user != 0 || c.people {
			needSubIDs(t)
		}
		r := c.start(t, c.command, "arm64", "amd64")
		if strings.Contains(c.command, "--into") != strings.Contains(r.err, noteBare) || strings.Contains(c.command, "arm64") != strings.Contains(r.err, noteTraced) {
			t.Errorf("%s: %s", c.command, r.err)
		}
		if r.status != 0 || r.out != c.want || strings.Count(r.err, "xunshare: note: ") != 1 {
			t.Errorf("%s: %+v", c.command, r)
		}
	}
}

// compiled compiles a program of testdata, static, for this machine.
func compiled(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("gcc", "-static", "-pthread", "-w", "-o", program, "testdata/"+name+".c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// bothWays runs a script where the kernel follows the rules, and where xunshare does, which has to
// come to the same.
func bothWays(t *testing.T, options string, rules []string, script string) {
	t.Helper()
	var got [2]result
	for i, who := range [...]string{"kernel", "trace"} {
		args := append(words(options), "--binfmt="+who)
		for _, r := range rules {
			args = append(args, "--load-binfmt="+r)
		}
		got[i] = finish(t, exec.Command(binary(), append(args, "--", "sh", "-c", script)...))
	}
	if got[0].status != got[1].status || got[0].err != got[1].err {
		t.Errorf("the kernel: %d, %q; traced: %d, %q", got[0].status, got[0].err, got[1].status, got[1].err)
	}
	if got[0].err != "" {
		t.Log(got[0].err)
	}
	kernel, traced := strings.Split(got[0].out, "== "), strings.Split(got[1].out, "== ")
	if len(kernel) < 2 || len(kernel) != len(traced) {
		t.Fatalf("the kernel printed:\n%s\ntraced:\n%s", got[0].out, got[1].out)
	}
	for i := range kernel {
		if kernel[i] != traced[i] {
			t.Errorf("the kernel: %s\ntraced: %s", kernel[i], traced[i])
		}
	}
}

// An exec comes to the same, whoever follows the rules: arguments, names, descriptors, signals,
// errors.
func TestTracedExecs(t *testing.T) {
	caller, shown, dir := compiled(t, "caller"), compiled(t, "shown"), t.TempDir()+"/files"
	execs := func(args ...string) string {
		t.Helper()
		r := finish(t, exec.Command("sh", append([]string{"testdata/execs"}, args...)...))
		if r.status != 0 || r.err != "" {
			t.Fatalf("%+v", r)
		}
		return r.out
	}
	execs("make", dir, shown)
	for _, flags := range []string{"", "P", "O", "PO", "F", "POCF"} {
		t.Run("flags "+flags, func(t *testing.T) {
			bothWays(t, "-r", words(execs("rules", flags, dir, shown)), "sh testdata/execs run "+dir+" "+caller)
		})
	}
}

// A program in a tree cannot have a file executed that is not in it, by whatever path it calls
// that; and a path through the caller's own folder in /proc leads where it leads the kernel.
func TestTracedStaysInRoot(t *testing.T) {
	root, host := copyOf(t, native), t.TempDir()+"/foreign"
	for _, name := range []string{"caller", "shown"} {
		if out, err := exec.Command("cp", compiled(t, name), root+"/bin").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	write(t, host, "FRGN", 0o755)
	write(t, root+"/foreign", "FRGN", 0o755)
	for link, to := range map[string]string{"/link": "/foreign", "/out": host} {
		if err := os.Symlink(to, root+link); err != nil {
			t.Fatal(err)
		}
	}
	paths := words("/proc/self/root/foreign /proc/thread-self/root/link /proc/self/cwd/foreign /proc/self/cwd/../link /dev/fd/9/foreign /proc/self/fd/9/link " +
		"/proc/self/exe /proc/self/fd/8 /proc/self/fd/7 /proc/self/cwd /proc/self/fd/9/ ../foreign ../link ../out /out /proc/self/root/out")
	for _, link := range words("root cwd fd/9") {
		paths = append(paths, "/proc/self/../self/"+link+host, "/proc/self/"+link+"/../../../.."+host, "/proc/self/"+link+host)
	}
	script := "exec 8</foreign 9</; for dir in / /gone; do mkdir -p $dir; cd $dir; rmdir /gone 2>/dev/null; for f in " + strings.Join(paths, " ") +
		"; do echo \"== $dir $f\"; caller plain $f; done; done"
	bothWays(t, "--map=root --into="+root, []string{":frgn:M::FRGN::/bin/shown:"}, script)
}

// Which rule takes a file is the same for the kernel and the tracer: random rules, of which several
// match, and random files, which nearly match.
func TestTracedMatches(t *testing.T) {
	shown, dir := compiled(t, "shown"), t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	var rules, files []string
	texts := [][]byte{{}, []byte("#!"), []byte("\x7fELF")}
	for i := range 24 {
		interpreter := fmt.Sprintf("%s/rule%d", dir, i)
		if err := os.Symlink(shown, interpreter); err != nil {
			t.Fatal(err)
		}
		if i%6 == 5 {
			rules = append(rules, fmt.Sprintf(":r%d:E::%s::%s:", i, [...]string{"a", "b", "a.b", "A"}[i/6], interpreter))
			continue
		}
		offset, magic, mask := r.IntN(3)*r.IntN(120), "", ""
		start := make([]byte, offset, 256)
		for range 1 + r.IntN(8) {
			b := byte(r.IntN(4)) // few different ones, so that several rules match
			start = append(start, b)
			magic += fmt.Sprintf("\\x%02x", b)
			mask += fmt.Sprintf("\\x%02x", [...]byte{0xff, 0xff, 0xfe, 0xf0, 1}[r.IntN(5)])
		}
		if i%3 == 0 {
			mask = ""
		}
		rules = append(rules, fmt.Sprintf(":r%d:M:%d:%s:%s:%s:", i, offset, magic, mask, interpreter))
		texts = append(texts, start)
	}
	for i := range 160 {
		text := slices.Clone(texts[r.IntN(len(texts))])
		if len(text) > 0 && i%2 == 0 {
			text[r.IntN(len(text))] ^= 1 << r.IntN(8)
		}
		if i%5 == 0 {
			text = text[:r.IntN(len(text)+1)]
		}
		file := filepath.Join(dir, fmt.Sprintf("f%d%s", i, [...]string{"", ".a", ".b", ".a.b", ".A", "."}[r.IntN(6)]))
		write(t, file, string(text), 0o755)
		files = append(files, file)
	}
	caller := compiled(t, "caller")
	script := "for f in " + strings.Join(files, " ") + "; do echo \"== $f\"; " + caller + " plain $f | sed -n 1p; done"
	bothWays(t, "-r", rules, script)
}

// What keeps a tracer from its work is one sentence: another listener, or another pid namespace's
// /proc.
func TestTracedRefused(t *testing.T) {
	busybox := tree("arm64") + "/bin/busybox"
	r := finish(t, exec.Command(binary(), "--binfmt=trace", "--arch=s390x", "--", binary(), "--binfmt=trace", "--arch=arm64", "--", busybox, "true"))
	if r.status != 126 || !strings.Contains(r.err, "no rule runs it here") || !strings.Contains(r.err, "another filter of system calls has a listener already") {
		t.Errorf("a second listener: %+v", r)
	}
	r = finish(t, exec.Command(binary(), "-rpf", "--", binary(), "--binfmt=trace", "--arch=arm64", "--", busybox, "true"))
	if r.status != 126 || strings.Count(r.err, "/proc is another pid namespace's") != 1 {
		t.Errorf("another /proc: %+v", r)
	}
	r = finish(t, exec.Command("strace", "-f", "-o", "/dev/null", binary(), "--binfmt=trace", "--arch=arm64", "--", busybox, "true"))
	if r.status != 126 || strings.Count(r.err, "cannot be traced") != 1 {
		t.Errorf("traced already: %+v", r)
	}
}

// A whole system runs by tracing, with and without sub-ids: as another user, whose files in /proc
// are that user's, in a further root, and beside the answers of --fake-ids.
func TestTracedDebian(t *testing.T) {
	const script = `uname -m; dpkg --print-architecture
su daemon -s /bin/sh -c 'uname -m; perl -e "print qq(perl\n)"; /bin/true $(seq 40000) && echo many'
mknod /root/null c 1 3 2>/dev/null || ln -s /dev/null /root/null
chroot / sh -c 'uname -m; echo x >/root/null && echo device'
printf '#!/bin/sh -e\necho "$0 $1"\n' >/tmp/s; chmod +x /tmp/s; /tmp/s 1; cd /tmp; exec ./s 2`
	for name, options := range idMaps {
		r := into(t, system("arm64"), "--binfmt=trace --ephemeral "+options, script)
		if want := "aarch64\narm64\naarch64\nperl\nmany\naarch64\ndevice\n/tmp/s 1\n./s 2\n"; r.status != 0 || r.out != want {
			t.Errorf("%s: status %d, %q, want %q: %s", name, r.status, r.out, want, r.err)
		}
	}
}

// A tree whose root is closed to its owner is open to root of the namespace, and so to what follows
// the rules.
func TestTracedClosedTree(t *testing.T) {
	root := copyOf(t, "arm64")
	if err := os.Chmod(root, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(root, 0o755) })
	r := finish(t, exec.Command(binary(), "--binfmt=trace", "--into="+root, "--map=root", "sh", "-c", "cd /bin && ./uname -m; /bin/uname -m"))
	r.unsealed().want(t, "aarch64\naarch64\n")
}
