package test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// Nobody has to name an architecture: the program says it, whatever it is started by.
func TestArchIsDetected(t *testing.T) {
	for arch, a := range arches {
		root := tree(arch)
		unchanged := snapshot(t, root)
		for _, program := range [][]string{
			{"/bin/sh", "-c", inside},
			{"sh", "-c", inside}, // by PATH, and through symbolic links
			{"busybox", "sh", "-c", inside},
		} {
			args := append(words("-r -p -f --arch=auto --root="+root), program...)
			run(t, args...).want(t, insideWant(a.machine))
		}
		run(t, append(words("-rpf --arch=auto --root="+root), "/usr/local/bin/hello")...).want(t, "hello from /usr/local/bin/hello on "+a.machine+"\n")
		shell := exec.Command(binary(), "--arch=auto", "--root="+root) // the login shell; ids are root's unless told
		shell.Env, shell.Stdin = []string{"PATH=/bin"}, strings.NewReader("uname -m; id -u\n")
		finish(t, shell).want(t, a.machine+"\n0\n")
		unchanged(t)
	}
}

// What runs here by itself gets no rule, and its user keeps sight of the host's.
func TestNativeNeedsNoRule(t *testing.T) {
	for _, line := range []string{"-r --arch=auto --root=" + tree(native) + " /bin/true", "--arch=auto true", "--arch=amd64 true", "--arch=linux/amd64 true"} {
		r := run(t, append([]string{"--dry-run", "--verbose"}, words(line)...)...)
		if r.status != 0 || strings.Contains(r.out, "binfmt") || !strings.Contains(r.err, "runs here without an emulator") {
			t.Errorf("%s: %+v", line, r)
		}
	}
	run(t, "-r", "--arch=auto", "--root="+tree(native), "/bin/uname", "-m").want(t, "x86_64\n")
}

// Where the program says nothing, the tree does: by its loader, or by what package managers note.
func TestTreeTellsItsArch(t *testing.T) {
	root := t.TempDir()
	r := run(t, "-r", "--arch=auto", "--root="+root, "/bin/true")
	if r.status != 1 || !strings.Contains(r.err, "nothing in "+root+" tells its architecture") || !strings.Contains(r.err, "name their architecture: --arch=") {
		t.Errorf("an empty tree: %+v", r)
	}
	for file, text := range map[string]string{"etc/apk/arch": "s390x\n", "var/lib/dpkg/arch": "s390x\n", "usr/lib/os-release": "ID=x\nARCHITECTURE=\"s390x\"\n"} {
		root := t.TempDir()
		write(t, root+"/"+file, text, 0o644)
		wantNote(t, "--arch=auto: s390x", "-r", "--arch=auto", "--root="+root, "/bin/true")
	}
	root = t.TempDir()
	os.Mkdir(root+"/lib", 0o755)
	copyFile(t, tree("s390x")+"/bin/busybox", root+"/lib/ld64.so.1")
	wantNote(t, "--arch=auto: s390x", "-r", "--arch=auto", "--root="+root, "/bin/true")
	// A program of the host's in a foreign tree may start others.
	root = withoutProc(t, "s390x")
	addBusybox(t, native, root+"/native")
	run(t, "-r", "--arch=auto", "--root="+root, "/native/busybox", "sh", "-c", "uname -m; /bin/uname -m").want(t, "x86_64\ns390x\n")
}

// wantNote runs xunshare, which may fail to find the program, and looks for a note.
func wantNote(t *testing.T, note string, args ...string) {
	t.Helper()
	r := run(t, append([]string{"--verbose"}, args...)...)
	if !strings.Contains(r.err, "xunshare: note: "+note) {
		t.Errorf("%q: no note %q: %+v", args, note, r)
	}
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestSeveralArches(t *testing.T) {
	script := tree("arm64") + "/bin/busybox uname -m; " + tree("s390x") + "/bin/busybox uname -m; ls /proc/sys/fs/binfmt_misc | grep -c qemu"
	run(t, "--arch=arm64,s390x", "--", "sh", "-c", script).want(t, "aarch64\ns390x\n2\n")
	run(t, "--arch=aarch64-linux-gnu,linux/s390x", "--", "sh", "-c", script).want(t, "aarch64\ns390x\n2\n")
	r := run(t, "--arch=all", "--", "sh", "-c", script)
	var rules int
	if lines := words(r.out); len(lines) == 3 {
		rules = number(lines[2])
	}
	if r.status != 0 || rules < 25 {
		t.Errorf("all: %+v", r)
	}
}

// Wrap mode: tools that make namespaces of their own, with one id or with sub-ids, work as they do
// without xunshare, and what they start may be foreign.
func TestWrap(t *testing.T) {
	needSubIDs(t)
	foreign := tree("ppc64el") + "/bin/busybox"
	for _, c := range []struct{ script, want string }{
		{"id -u", who()},
		{foreign + " uname -m", "ppc64le\n"},
		{"unshare -Ur " + foreign + " id -u", "0\n"},
		{"unshare --map-auto -r " + foreign + " sh -c 'id -u; wc -l </proc/self/uid_map'", "0\n2\n"},
		{"unshare -Urm " + foreign + " sh -c 'umount -l /proc/sys/fs/binfmt_misc 2>/dev/null; uname -m'", "ppc64le\n"},
		{"bwrap --ro-bind / / --unshare-all --proc /proc --dev /dev " + foreign + " uname -m", "ppc64le\n"},
		{binary() + " -rm --root=" + tree("ppc64el") + " /bin/uname -m", "ppc64le\n"},
		{binary() + " --arch=auto -r --root=" + tree("ppc64el") + " /bin/uname -m", "ppc64le\n"},
		{"grep -c 'Cap[IPEA][a-z]*:.0000000000000000' /proc/self/status", "4\n"},
	} {
		run(t, "--arch=ppc64le", "--", "sh", "-c", c.script).want(t, c.want)
	}
	// Without sub-ids, and where they turn out to be unusable, there is the caller's own id.
	path := t.TempDir()
	for _, name := range []string{"newuidmap", "newgidmap"} {
		write(t, path+"/"+name, "#!/bin/sh\nexit 1\n", 0o755)
	}
	cmd := exec.Command(binary(), "--verbose", "--arch=ppc64le", "sh", "-c", "grep -c . /proc/self/uid_map; "+foreign+" id -u")
	cmd.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"))
	if r := finish(t, cmd); r.out != "1\n"+who() || !strings.Contains(r.err, "note: only one id is mapped: map the users: newuidmap: exit status 1") ||
		strings.Count(r.err, "note: ppc64le: QEMU") != 1 {
		t.Errorf("with helpers that fail: %+v", r)
	}
}

func who() string {
	out, _ := exec.Command("id", "-u").Output()
	return string(out)
}

// Of a host that has rules, which here is an outer xunshare, those are used that do, and none is
// lost.
func TestHostRules(t *testing.T) {
	arm, power := tree("armhf")+"/bin/busybox uname -m", tree("ppc64el")+"/bin/busybox uname -m"
	outer := func(options, script string) result {
		return run(t, append(withoutSysroots("/usr/arm-*/lib", "/usr/powerpc64le-*/lib"), "--arch=arm", options, "sh", "-c", script)...)
	}
	inner := func(args string) result { return outer("--", binary()+" --verbose "+args) }
	for _, c := range []struct {
		args, out, note string
	}{
		{"--arch=auto " + arm, "armv7l\n", "the rules of this system suffice for arm"},
		{"-r --arch=auto --root=" + tree("armhf") + " /bin/uname -m", "armv7l\n", "the rules of this system suffice for arm"},
		{"--arch=ppc64le -- sh -c '" + arm + "; " + power + "; ls /proc/sys/fs/binfmt_misc | grep -c qemu'", "armv7l\nppc64le\n2\n", "ppc64le: QEMU"},
		{"--arch=arm --guest-setuid=no " + arm, "armv7l\n", "flags POF"},
		{"--arch=ppc64le,arm -- sh -c '" + arm + "; ls /proc/sys/fs/binfmt_misc | grep -c qemu'", "armv7l\n3\n", "ppc64le: QEMU"},
	} {
		if r := inner(c.args); r.status != 0 || r.out != c.out || !strings.Contains(r.err, c.note) {
			t.Errorf("%s: %+v, want %q and %q", c.args, r, c.out, c.note)
		}
	}
	for _, args := range []string{"--host-binfmt=hide --arch=ppc64le " + arm, "--arch=none " + arm} {
		if r := inner(args); r.status != 126 || !strings.Contains(r.err, "is a program for arm, and no rule runs it here") {
			t.Errorf("%s: %+v", args, r)
		}
	}
	// A rule whose emulator is gone cannot be kept, and does not get in the way.
	gone := t.TempDir() + "/qemu-arm"
	copyFile(t, "/usr/bin/qemu-arm-static", gone)
	r := outer("--emulator="+gone, "rm "+gone+"; "+arm+"; "+binary()+" --verbose --arch=ppc64le "+power)
	if r.out != "armv7l\nppc64le\n" || !strings.Contains(r.err, "not kept: rule \"qemu-arm\": emulator "+gone+": no such file") {
		t.Errorf("without the emulator: %+v", r)
	}
}

// withoutSysroots begins a command line of xunshare inside one that hides libraries of cross compilers:
// QEMU is told where these are, which it cannot be by a rule of the host's.
func withoutSysroots(patterns ...string) (args []string) {
	for _, pattern := range patterns {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			args = append(args, "--tmpfs="+dir)
		}
	}
	if len(args) == 0 {
		return nil
	}
	return append(args, "-c", binary())
}

// Programs of the host's own architecture run on another CPU.
func TestOwnArchIsEmulated(t *testing.T) {
	if os.Getenv("XUNSHARE_TEST_CPU") != "" {
		os.Stdout.WriteString(map[bool]string{true: "sse4.2\n", false: "no sse4.2\n"}[cpu.X86.HasSSE42])
		os.Exit(0)
	}
	self := t.TempDir() + "/self" // the folder of the test binary is closed to others than root
	copyFile(t, "/proc/"+strconv.Itoa(os.Getpid())+"/exe", self)
	for model, want := range map[string]string{"qemu64": "no sse4.2\n", "max": "sse4.2\n"} {
		cmd := exec.Command(binary(), "--arch=x86-64", "--cpu="+model, "sh", "-c", self+" -test.run=TestOwnArchIsEmulated")
		cmd.Env = append(os.Environ(), "XUNSHARE_TEST_CPU=1")
		finish(t, cmd).want(t, want)
	}
	run(t, "-r", "--arch=auto", "--cpu=qemu64", "--root="+tree(native), "/bin/sh", "-c", "uname -m; /bin/busybox uname -m").want(t, "x86_64\nx86_64\n")
}

// Options of emulators go through the environment, also through one that was cleared; others do
// not.
func TestEmulatorOptions(t *testing.T) {
	cmd := exec.Command(binary(), "--arch=auto", "--clear-env", "--cpu=max", "--emulator-env", "QEMU_UNAME=7.7.7", "-r", "--root="+tree("s390x"), "/bin/sh", "-c", "uname -r; /bin/env | grep ^QEMU | sort")
	cmd.Env = append(os.Environ(), "QEMU_STRACE=1", "QEMU_CPU=none")
	finish(t, cmd).want(t, "7.7.7\nQEMU_CPU=max\nQEMU_UNAME=7.7.7\n")
	r := run(t, "--arch=auto", "--cpu=nosuch", "-r", "--root="+tree("s390x"), "/bin/true")
	if r.status == 0 || !strings.Contains(r.err, "nosuch") {
		t.Errorf("a CPU that does not exist: %+v", r)
	}
}

// The kernel opens a foreign program for its emulator. Where the caller has closed standard input
// it must not become that.
func TestClosedInput(t *testing.T) {
	cmd := exec.Command("sh", "-c", `exec "$0" "$@" <&-`, binary(), "-r", "--arch=auto", "--root="+tree("s390x"), "/bin/sh", "-c", "wc -c; echo $?")
	finish(t, cmd).want(t, "0\n0\n")
}

// Set-id programs of the tree have their effect, unless told otherwise.
func TestGuestSetuid(t *testing.T) {
	needSubIDs(t)
	root := t.TempDir() + "/tree"
	script := "cp -a " + tree("s390x") + " " + root + " && rm " + root + "/bin/id && cp " + root + "/bin/busybox " + root + "/bin/id && chown 7 " + root + "/bin/id && chmod 4755 " + root + "/bin/id && id -u"
	run(t, "--map-auto", "-r", "sh", "-c", script).want(t, "0\n")
	t.Cleanup(func() { run(t, "--map-auto", "-r", "rm", "-rf", root) })
	for options, want := range map[string]string{"": "7\n", "--guest-setuid=yes": "7\n", "--guest-setuid=no": "0\n"} {
		run(t, append(words("--map-auto -r --arch=auto "+options+" --root="+root), "/bin/id", "-u")...).want(t, want)
	}
}

// An emulator that is upgraded serves the next launch at once; what runs keeps the old one.
func TestUpgrade(t *testing.T) {
	emulator := t.TempDir() + "/qemu-s390x"
	copyFile(t, "/usr/bin/qemu-s390x-static", emulator)
	launch := words("-r --arch=auto --emulator=" + emulator + " --root=" + tree("s390x") + " /bin/sh -c")
	old := exec.Command(binary(), append(launch, "read x; uname -m; read x; /bin/busybox uname -m")...)
	in, out := pipes(t, old)
	in.WriteString("\n")
	out.expect("s390x\n")
	copyFile(t, tree(native)+"/bin/busybox", emulator+".new") // which calls itself "/bin/sh: applet not found"
	if err := os.Rename(emulator+".new", emulator); err != nil {
		t.Fatal(err)
	}
	if r := run(t, append(launch, "uname -m")...); r.status != 127 || r.out != "" {
		t.Errorf("the new file is not used: %+v", r)
	}
	in.WriteString("\n")
	out.expect("s390x\n")
	old.Wait()
}

// Rules come from files and by name, too.
func TestRuleSources(t *testing.T) {
	file := t.TempDir() + "/rules.conf"
	write(t, file, "# two rules\n"+rule(t, "arm64")+"\n\n; and\n"+strings.Replace(rule(t, "s390x"), ":POCF", ":POC", 1)+"\n", 0o644)
	script := []string{"sh", "-c", tree("arm64") + "/bin/busybox uname -m; " + tree("s390x") + "/bin/busybox uname -m"}
	r := run(t, append([]string{"--verbose", "-r", "--load-binfmt", "@" + file}, script...)...)
	if r.out != "aarch64\ns390x\n" || !strings.Contains(r.err, "rule qemu-s390x: flag F added") {
		t.Errorf("%+v", r)
	}
	// So that they work in a root, too.
	run(t, "-r", "--load-binfmt", "@"+file, "--root="+tree("s390x"), "/bin/uname", "-m").want(t, "s390x\n")
	// By name: as root of an outer launch, who has a /run to write to.
	name := "mkdir -p /run/binfmt.d && cp " + file + " /run/binfmt.d/test.conf && exec " + binary() + " -r -l qemu-s390x " + tree("s390x") + "/bin/busybox uname -m"
	run(t, "-rm", "sh", "-c", "mount -t tmpfs x /run && "+name).want(t, "s390x\n")
	r = run(t, "-rm", "sh", "-c", "mount -t tmpfs x /run && "+strings.Replace(name, "-l qemu-s390x", "-l qemu-s390", 1))
	if r.status != 1 || !strings.Contains(r.err, "qemu-s390x") {
		t.Errorf("a name that is almost right: %+v", r)
	}
}

func TestListArches(t *testing.T) {
	var rows []struct {
		Arch, Emulator, Version, Flags string
		Names                          []string
		Static, Native                 bool
	}
	r := run(t, "--list-arches=json")
	if err := json.NewDecoder(bytes.NewReader([]byte(r.out))).Decode(&rows); err != nil || len(rows) < 30 {
		t.Fatalf("%d rows, %v: %+v", len(rows), err, r)
	}
	plain := run(t, "--list-arches")
	for _, row := range rows {
		if row.Arch == "s390x" && (row.Emulator != "/usr/bin/qemu-s390x-static" || !row.Static || row.Flags != "POCF" || row.Native) {
			t.Errorf("%+v", row)
		}
		if !strings.Contains(plain.out, "\n"+row.Arch+" ") {
			t.Errorf("the table has no row for %s:\n%s", row.Arch, plain.out)
		}
	}
	// The printed rule is one that can be loaded.
	printed := run(t, "--print-rule=ppc64el")
	run(t, "-r", "-l", strings.TrimSpace(printed.out), tree("ppc64el")+"/bin/busybox", "uname", "-m").want(t, "ppc64le\n")
}

// What cannot be written is an error.
func TestFullOutput(t *testing.T) {
	for _, args := range []string{"--help", "--version", "--list-arches", "--print-rule=arm64", "--dry-run true"} {
		if r := finish(t, exec.Command("sh", "-c", binary()+" "+args+" >/dev/full")); r.status != 1 || !strings.Contains(r.err, "no space left") {
			t.Errorf("%s: %+v", args, r)
		}
	}
}

func TestEmulatorIsNotNeeded(t *testing.T) {
	r := run(t, "--verbose", "--emulator=arm="+emulator(t, "arm64"), "--arch=s390x", "true")
	if r.status != 0 || !strings.Contains(r.err, emulator(t, "arm64")+" is not needed: nothing asks for arm") {
		t.Errorf("%+v", r)
	}
}

func TestBadArches(t *testing.T) {
	home := t.TempDir()
	write(t, home+"/script", "#!/bin/sh\n", 0o755)
	write(t, home+"/broken.conf", "# a comment\n\n:x:Q::::\n", 0o644)
	copyFile(t, tree("s390x")+"/bin/busybox", home+"/qemu-s390x")
	for _, c := range []struct{ args, says, hint string }{
		{"--arch=s390 true", `"s390" is not an architecture that xunshare knows`, "did you mean s390x"},
		{"--arch= true", `one of the names in it, is empty`, "auto"},
		{"--arch=all,arm64 true", "all and none cannot be combined with other names", ""},
		{"--print-rule=nosuch", `"nosuch" is not an architecture`, "--list-arches"},
		{"--list-arches=yaml", `"yaml" is neither table nor json`, ""},
		{"--guest-setuid=maybe true", "neither yes nor no", ""},
		{"--host-binfmt=maybe true", "neither keep nor hide", ""},
		{"--emulator=/nosuch true", "--emulator is for the architectures of --arch", "add --arch=auto"},
		{"--cpu=max true", "nothing asks for one", "add --arch=auto"},
		{"--emulator-env=x true", `"x" is not NAME=VALUE`, ""},
		{"--arch=s390x --emulator=/nosuch true", "/nosuch: no such file or directory", ""},
		{"--arch=s390x --emulator=nosuch-static true", "nosuch-static: no such file or directory", "--emulator=/usr/bin/nosuch-static"},
		{"--arch=s390x,arm64 --emulator=/nosuch true", "does not tell which architecture", "--emulator=ARCH=/nosuch"},
		{"--arch=s390x --emulator=s390x=/a --emulator=s390x=/b true", "two emulators are given for s390x", ""},
		{"--arch=s390x --emulator=" + home + "/qemu-s390x true", "is a program for s390x", ""},
		{"-r --arch=s390x --emulator=s390x=" + home + "/script --root=" + tree("s390x") + " /bin/true", "is a script", ""},
		{"-r --arch=s390x --emulator=s390x=/usr/bin/env --root=" + tree("s390x") + " /bin/true", "is dynamically linked", ""},
		{"-l @" + home + "/nosuch true", home + "/nosuch: no such file or directory", ""},
		{"-l @" + home + "/broken.conf true", home + "/broken.conf:3: ", ""},
		{"-l nosuchrule true", "nosuchrule", ""},
	} {
		r := run(t, words(c.args)...)
		first, hints, _ := strings.Cut(r.err, "\n")
		if r.status != 1 || r.out != "" || !strings.HasPrefix(first, "xunshare: ") || !strings.Contains(first, c.says) || !strings.Contains(hints, c.hint) {
			t.Errorf("%s: %+v, want %q, hint %q", c.args, r, c.says, c.hint)
		}
	}
	// Nothing to be found: an emulator that cannot be executed stands where the only one was.
	r := run(t, "-rm", "sh", "-c", "mount --bind "+home+"/broken.conf /usr/bin/qemu-s390x-static; exec "+binary()+" --arch=s390x true")
	if r.status != 1 || !strings.Contains(r.err, "is not executable") || !strings.Contains(r.err, "hint: ") {
		t.Errorf("without an emulator: %+v", r)
	}
}
