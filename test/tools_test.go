package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// fetchBuildTree copies a Debian system with compilers.
func fetchBuildTree(dir, arch string) error {
	args := strings.SplitN(arch, "-", 3) // architecture, suite, packages
	if len(args) == 3 {
		args = append(args[:2], regexp.MustCompile(`clang|golang-go|[a-z+]+-[a-z0-9]+-linux-gnu`).FindAllString(args[2], -1)...)
	}
	tree, err := script("get-build-tree", args...)
	if err != nil {
		return err
	}
	return copyOwned(dir+"/builds/"+arch, tree)
}

// buildTree is a foreign Debian system with compilers, which this machine has too.
func buildTree(arch string) string {
	binary()
	return made("builds/"+arch, "builds/"+arch)
}

// nativeTrees are the trees that are built in. Cross compilers for the first two are installed for the
// tests: one like this machine and one with the other byte order. Of the rest, which are for a full run,
// some are of another release than this machine, and have a twin that is for it.
func nativeTrees() []string {
	trees := words("arm64 s390x")
	if os.Getenv("XUNSHARE_TEST_FULL") != "" {
		trees = append(trees, words("armhf ppc64el arm64-trixie riscv64-trixie")...)
	}
	return trees
}

// twin is a tree for this machine that has cross compilers of that release.
const twin = "amd64-trixie-g++-aarch64-linux-gnu-g++-riscv64-linux-gnu"

// whoRuns is a script that prints where the program is that runs it: in the tree or in the folder of
// what runs natively. It has to be a program by itself, since the shell can be native or not.
const whoRuns = "readlink /proc/self/exe"

const isNative, isEmulated = `^/dev/\.n/\d+/readlink\n$`, "^/usr/bin/readlink\n$"

// Which programs run natively, however they are executed, and which do not.
func TestNativeTools(t *testing.T) {
	const emulated = "/usr/bin/readlink\n"
	root := buildTree("arm64")
	check := untouched(t, root)
	for _, c := range []struct{ name, options, script, want string }{
		{"by name", "--native", whoRuns, isNative},
		{"by path", "--native", "/bin/readlink /proc/self/exe", isNative},
		{"not asked for", "", whoRuns, isEmulated},
		{"taken away", "--native=-readlink", whoRuns, isEmulated},
		{"one alone", "--native=readlink", whoRuns, isNative},
		{"script", "--native", `printf '#!/usr/bin/readlink\n' >/tmp/s; cp /bin/sh /tmp; printf '#!/tmp/sh\nreadlink /proc/$$/exe\n' >/tmp/s; chmod 755 /tmp/s; /tmp/s`, `^/dev/\.n/\d+/dash\n$`},
		{"link", "--native", "ln -s /usr/bin/readlink /tmp/l; /tmp/l /proc/self/exe", isNative},
		{"copy", "--native", "cp /usr/bin/readlink /tmp/c; /tmp/c /proc/self/exe", isNative},
		{"another program in its place", "--native", "cp /usr/bin/readlink /tmp/r; cp /usr/bin/uname /tmp/r; /tmp/r -m; uname -m", "^aarch64\naarch64\n$"},
		{"argv[0]", "--native", `bash -c "exec -a zero sh -c 'echo \$0'"; bash -c 'exec -l sh -c "echo \$0"'`, "^zero\n-sh\n$"},
		{"arguments", "--native", `printf '%s|' "a b" "" c >/tmp/a; xargs printf '%s|' </tmp/a; echo a | xargs -n 1 sh -c 'echo $0 $# "$@"' x ''`, `^a\|b\|\|c\|\|x 2 +a\n$`},
		{"other parents", "--native", "find /proc/self -maxdepth 0 -exec readlink {}/exe \\;; echo /proc/self/exe | xargs readlink; env " + whoRuns, `^(/dev/\.n/\d+/readlink\n){3}$`},
		{"descriptors", "--native", `[ "$(ls /proc/self/fd)" = "$(LD_PRELOAD=libm.so.6 ls /proc/self/fd)" ] && echo same`, "^same\n$"},
		{"a library to be preloaded", "--native", "LD_PRELOAD=libm.so.6 " + whoRuns, isEmulated},
		{"LD_AUDIT", "--native", "LD_AUDIT=/nosuch " + whoRuns, isEmulated},
		{"LD_LIBRARY_PATH", "--native", "export LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu; " + whoRuns + "; gcc -v 2>&1 | grep -o -e '--build=[a-z0-9_]*'", `^/dev/\.n/\d+/readlink\n--build=aarch64\n$`},
		{"gcc without ld", "--native=-ld", "cd /tmp; gcc -v -x c - -o t 2>&1 </mnt/main.c -lm | grep -o -e '--build=[a-z0-9_]*'; ./t | wc -l", "^--build=x86_64\n2\n$"},
		{"gcc from a file", "--native", "cd /tmp; echo -x c /mnt/main.c -lm -o t >args; gcc @args && ./t | wc -l", "^2\n$"},
		{"another compiler", "--native=-gcc,-g++", "cd /tmp; gcc -x c /mnt/main.c -lm -o t && gcc -flto -x c /mnt/main.c -lm -o t && ./t | wc -l", "^2\n$"},
		{"gcc", "--native", "gcc -v 2>&1 | grep -o -e '--build=[a-z0-9_]*'; gcc -dumpmachine", "^--build=x86_64\naarch64-linux-gnu\n$"},
		{"the machine", "--native", "uname -m; arch; bash -c 'echo $HOSTTYPE $MACHTYPE $OSTYPE'; env -i bash -c 'echo $HOSTTYPE'; env -u MAKE_HOST make -sf - host <" + makefile + "; make -sf - host <" + makefile,
			"^aarch64\naarch64\naarch64 aarch64-unknown-linux-gnu linux-gnu\naarch64\naarch64-unknown-linux-gnu\naarch64-unknown-linux-gnu\n$"},
		{"locale", "--native", "LC_ALL=de_DE.UTF-8 " + whoRuns, isNative},
		{"no folder", "--native", whoRuns + "; umount -l /dev/.n; " + whoRuns, `^/dev/\.n/\d+/readlink\n` + emulated},
		{"another folder", "--native", "mount -t tmpfs none /dev/.n; " + whoRuns, isEmulated},
		{"sealed", "--native", "(touch /dev/.n/x; rm -r /dev/.n/*; mount -o remount,rw /dev/.n; echo >>/dev/.n/ld.so) 2>/dev/null; " + whoRuns, isNative},
		{"nothing of the host", "--native", "ls /dev/.n | grep -v -e '^[0-9]*$' -e '\\.so' -e bfd; grep /dev/.n /proc/mounts | grep -c native; true", "^0\n$"},
		{"ephemeral", "--native --ephemeral", "rm -r /usr/bin/s*; " + whoRuns, isNative},
		{"no init", "--native --no-init", whoRuns, isNative},
		{"one id", "--native --map=root --fake-ids --suppress-sync", "cd /tmp; : >f; chown 5:6 f; sync f; " + whoRuns, isNative},
		{"sub-ids", "--native --map=auto", "cd /tmp; : >f; chown 5:6 f; stat -c %u:%g f; " + whoRuns, `^5:6\n/dev/\.n/\d+/readlink\n$`},
		{"not root", "--native --setuid=65534 --setgid=65534", whoRuns, isNative},
		{"no privileges", "--native --no-new-privs --guest-setuid=no", whoRuns, isNative},
		{"empty environment", "--native --clear-env", whoRuns, isNative},
		{"traced", "--native --binfmt=trace", whoRuns + "; uname -m; bash -c \"exec -a zero sh -c 'echo \\$0'\"", `^/dev/\.n/\d+/readlink\naarch64\nzero\n$`},
		{"emulator's variables", "--native --emulator-env=QEMU_UNAME=1.2.3", whoRuns + "; uname -r", `^/dev/\.n/\d+/readlink\n1\.2\.3\n$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Contains(c.options, "--map=auto") {
				needSubIDs(t)
			}
			r := into(t, root, "--tmpfs /tmp --bind testdata/build:/mnt "+c.options, c.script)
			if r.status != 0 || !regexp.MustCompile(c.want).MatchString(r.out) {
				t.Errorf("%+v, want %s", r, c.want)
			}
			check(t)
		})
	}
}

const makefile = "/mnt/Makefile"

// In a tree of the other byte order only what does not depend on it runs natively.
func TestNativeBigEndian(t *testing.T) {
	root := buildTree("s390x")
	for script, want := range map[string]string{
		whoRuns:                                   isNative,
		"LANG=C.UTF-8 " + whoRuns:                 isNative,
		"LANG=POSIX " + whoRuns:                   isNative,
		"LC_ALL= " + whoRuns:                      isNative,
		"LC_ALL=de_DE.UTF-8 " + whoRuns:           isEmulated,
		"LC_COLLATE=de " + whoRuns:                isEmulated,
		"LANG=de_DE.UTF-8 " + whoRuns:             isEmulated,
		"LANGUAGE=de " + whoRuns:                  isNative,
		"printf '\\1\\2' | od -An -tx2; uname -m": "^ 0102\ns390x\n$",
	} {
		if r := into(t, root, "--native", "unset LANG; "+script); !regexp.MustCompile(want).MatchString(r.out) {
			t.Errorf("%s: %+v, want %s", script, r, want)
		}
	}
}

// A package that is upgraded while its program runs natively is upgraded, and the new program is
// emulated.
func TestNativeUpgrade(t *testing.T) {
	root := system(foreignDebian)
	const script = `cd /tmp; mkdir -p p/DEBIAN p/bin
		printf 'Package: grep\nVersion: 99\nArchitecture: arm64\nMaintainer: x\nDescription: x\n' >p/DEBIAN/control
		cp /usr/bin/uname p/bin/grep; dpkg-deb -b p x.deb >/dev/null
		mkfifo f; grep x <f & exec 3>f; readlink /proc/$!/exe
		dpkg -i --force-all x.deb >/dev/null 2>&1; grep -m; echo x >&3; exec 3>&-; wait`
	r := into(t, root, "--ephemeral --tmpfs /tmp --native=@build,@deb", script)
	if want := regexp.MustCompile(`^/dev/\.n/\d+/grep\naarch64\nx\n$`); !want.MatchString(r.out) {
		t.Errorf("%+v", r)
	}
}

// What compilers and binutils make natively is what the emulated ones make, but for what tells the
// package of a compiler (.comment), and what is computed of that: the build-id, and the sum in the link
// to debugging information.
func TestNativeBuild(t *testing.T) {
	const script = `mkdir /out/same && cp /mnt/* /out && cd /out && make >log 2>&1 || cat log; ./c; ./cc; cp sections.txt depends same
		for f in main.o c c.static libc.so libc.a cc cc.lto c.stripped c.debug; do
			objcopy -D -R .comment -R .note.gnu.build-id -R .gnu_debuglink $f same/$f; done`
	for _, arch := range nativeTrees() {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			root := buildTree(arch)
			native := "--native"
			if strings.HasSuffix(arch, "-trixie") {
				native += " --native-root=" + buildTree(twin)
			}
			var outputs [2]string
			for i, option := range []string{"", native} {
				outputs[i] = t.TempDir()
				r := into(t, root, "--bind testdata/build:/mnt --bind "+outputs[i]+":/out "+option, script)
				if want := "e 0.410781290503 2.718281828459"; r.status != 0 || !strings.HasPrefix(r.out, want) || !strings.HasSuffix(r.out, "thrown 2\n") {
					t.Fatalf("%q: %+v", option, r)
				}
			}
			out, err := exec.Command("diff", "-rq", outputs[0]+"/same", outputs[1]+"/same").Output()
			if names, _ := os.ReadDir(outputs[0] + "/same"); err != nil || len(names) != 11 {
				t.Errorf("%d files, %v: %s", len(names), err, out)
			}
		})
	}
}

// withCache runs a script in the tree with another cache.
func withCache(t *testing.T, cache, options, script string) result {
	t.Helper()
	args := append([]string{"--into=" + buildTree("arm64"), "--native"}, words(options)...)
	cmd := exec.Command(binary(), append(args, "sh", "-c", script)...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache)
	return finish(t, cmd)
}

// A cache that cannot be used is done without, and one that was tampered with is made anew.
func TestNativeCache(t *testing.T) {
	cache := t.TempDir()
	native := regexp.MustCompile(isNative)
	want := func(what, notes string, r result) {
		t.Helper()
		if r.status != 0 || !native.MatchString(r.out) || (notes == "") != (r.err == "") || !strings.Contains(r.err, notes) {
			t.Errorf("%s: %+v", what, r)
		}
	}
	const anew = "made in memory, anew each time"
	want("first", "", withCache(t, cache, "", whoRuns))
	want("again", "", withCache(t, cache, "", whoRuns))
	copies, _ := filepath.Glob(cache + "/xunshare/native/*/made/files/*/readlink")
	if len(copies) != 1 {
		t.Fatalf("copies: %v", copies)
	}
	for _, tamper := range []func() error{
		func() error { return os.WriteFile(copies[0], []byte("#!/bin/false\n"), 0o755) },
		func() error { return os.Remove(copies[0]) },
		func() error { return os.Chmod(copies[0], 0o777) },
	} {
		if err := tamper(); err != nil {
			t.Error(err)
		}
		want("tampered with", "", withCache(t, cache, "", whoRuns))
	}
	want("nowhere", anew, withCache(t, "/proc", "", whoRuns))
	want("nowhere, one id", anew, withCache(t, "/proc", "--map=root --fake-ids", whoRuns))
	if err := os.Chmod(cache+"/xunshare/native", 0o777); err != nil {
		t.Error(err)
	}
	want("everybody's", "does not belong to you alone", withCache(t, cache, "", whoRuns))
	if err := os.Chmod(cache+"/xunshare/native", 0o500); err != nil {
		t.Error(err)
	}
	// A full one is left empty.
	full := t.TempDir()
	script := "mount -t tmpfs -o size=3m none " + full + " && XDG_CACHE_HOME=" + full + " " + binary() + " --into=" + buildTree("arm64") + " --native sh -c '" + whoRuns + "'; ls -A " + full + "/xunshare/native | wc -l"
	if r := run(t, "-rm", "sh", "-c", script); !strings.HasSuffix(r.out, "/readlink\n1\n") || !strings.HasPrefix(r.out, "/dev/.n/") || !strings.Contains(r.err, "no space left on device") {
		t.Errorf("full: %+v", r)
	}
	want("read-only", "", withCache(t, cache, "", whoRuns))
	want("read-only and something new", anew, withCache(t, cache, "--native=@build,@deb", whoRuns))
	if err := os.Chmod(cache+"/xunshare/native", 0o700); err != nil {
		t.Error(err)
	}
}

// What is kept of a tree is kept by its whole name, and used again, also where a part of it is the
// tree's, as perl's Config is.
func TestNativeRelative(t *testing.T) {
	root, cache := system(foreignDebian), t.TempDir()
	var made [2]os.FileInfo
	for i := range made {
		cmd := exec.Command(binary(), "--into="+filepath.Base(root), "--native=perl", "perl", "-MConfig", "-e", `print "$Config{archname} ", readlink "/proc/self/exe"`)
		cmd.Dir = filepath.Dir(root)
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache)
		if r := finish(t, cmd); r.out != "aarch64-linux-gnu-thread-multi /dev/.n/0/perl" || r.err != "" {
			t.Fatalf("%+v", r)
		}
		copies, _ := filepath.Glob(cache + "/xunshare/native/*/made/files/0/perl")
		if len(copies) != 1 {
			t.Fatalf("copies: %v", copies)
		}
		made[i], _ = os.Stat(copies[0])
	}
	if !os.SameFile(made[0], made[1]) {
		t.Error("it was made twice")
	}
}

// Launches at the same time, the first of all, do not disturb each other.
func TestNativeParallel(t *testing.T) {
	cache := t.TempDir()
	buildTree("arm64")
	var all sync.WaitGroup
	for range 6 {
		all.Add(1)
		go func() {
			defer all.Done()
			if r := withCache(t, cache, "", whoRuns); !regexp.MustCompile(isNative).MatchString(r.out) || r.err != "" {
				t.Errorf("%+v", r)
			}
		}()
	}
	all.Wait()
	if entries, _ := os.ReadDir(cache + "/xunshare/native"); len(entries) != 3 {
		t.Errorf("entries: %v", entries)
	}
}

// What would run natively is listed, with the reasons why the rest would not.
func TestListNative(t *testing.T) {
	root := buildTree("arm64")
	list := func(args ...string) string {
		t.Helper()
		r := run(t, append([]string{"--list-native"}, args...)...)
		if r.status != 0 || r.err != "" {
			t.Errorf("%+v", r)
		}
		return r.out
	}
	all := list("--into=" + root)
	for _, want := range []string{
		`(?m)^cc1 +/usr/lib/gcc/aarch64-linux-gnu/12/cc1 +natively, /usr/lib/gcc-cross/aarch64-linux-gnu/12/cc1$`,
		`(?m)^sh +/usr/bin/dash +natively, /usr/bin/dash$`,
	} {
		if !regexp.MustCompile(want).MatchString(all) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
	for want, args := range map[string][]string{
		"emulated: it is a script":                        {"--into=" + root, "--native=zgrep"},
		"not: the tree has none":                          {"--into=" + root, "--native=nosuch"},
		"it is not the file that its package has":         {"--into=" + altered(t, root, "cat", "sort"), "--native=sort"},
		"emulated: the tree is ":                          {"--into=" + tree("arm64"), "--native=sh"},
		"emulated: this machine has no /usr/bin/addpart2": {"--into=" + renamed(t, root, "addpart", "addpart2"), "--native=addpart2"},
		"all its programs run here":                       {"--into=" + tree(native)},
	} {
		if out := list(args...); !strings.Contains(out, want) {
			t.Errorf("%v: %s, want %s", args, out, want)
		}
	}
}

// altered is a tree with some files of another, in which one program has the place of another.
func altered(t *testing.T, root, from, to string) string { return renamed(t, root, from, to) }

func renamed(t *testing.T, root, from, to string) string {
	t.Helper()
	small := t.TempDir()
	script := `cd "$0"; mkdir -p "$1/usr/bin" "$1/usr/lib" "$1/var/lib/dpkg/info"; ln -s usr/bin "$1/bin"
		cp usr/lib/os-release "$1/usr/lib/"; cp usr/bin/dash "$1/usr/bin/sh"; cp "usr/bin/$2" "$1/usr/bin/$3"
		printf '%032d  usr/bin/sort\n' 0 >"$1/var/lib/dpkg/info/coreutils.md5sums"`
	if out, err := exec.Command("sh", "-c", script, root, small, from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return small
}

// What was named and cannot run natively is an error with the remedy, as is what makes no sense.
func TestNativeErrors(t *testing.T) {
	root := buildTree("arm64")
	twin := t.TempDir()
	if err := os.MkdirAll(twin+"/usr/lib", 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, root+"/usr/lib/os-release", twin+"/usr/lib/os-release")
	for want, options := range map[string]string{
		"--native: nosuch cannot run natively: the tree has none\n":                                            "--into=" + root + " --native=@cc,nosuch",
		"uname is never native: it tells the machine\n":                                                        "--into=" + root + " --native=uname",
		`"@all" is none of @cc, @build, @deb, @go, @clang` + "\n":                                              "--into=" + root + " --native=@all",
		"has no /usr/bin/dash\nxunshare: hint: xunshare --into=TWIN apt-get install dash":                      "--into=" + root + " --native=sh --native-root=TWIN",
		"xunshare does\nxunshare: hint: leave it out":                                                          "--into=" + root + " --native --native-tree=/",
		"is a tree for aarch64, of which nothing is to be emulated\nxunshare: hint: name it: --arch=aarch64\n": "--arch=s390x --native --native-tree=" + root,
		"nothing in TWIN tells its architecture":                                                               "--arch=arm64 --native --native-tree=TWIN",
		"there are none\nxunshare: hint: add --native\n":                                                       "--arch=arm64 --native-tree=" + root,
		"there is none\nxunshare: hint: add --into=DIR":                                                        "--arch=arm64 --native",
		"nothing is\nxunshare: hint: add --arch=auto":                                                          "-r --root=" + root + " --native",
		"there are none\nxunshare: hint: add --native":                                                         "--into=" + root + " --native-root=/",
		"--native-root: /nosuch: there is no such directory\nxunshare: hint: name a":                           "--into=" + root + " --native --native-root=/nosuch",
		"--native-root: /nosuch: there is no such directory\nxunshare: hint: name a dir":                       "--into=" + root + " --native-root=/nosuch --list-native",
		"--native-root: /etc/passwd: is not a directory\nxunshare: hint: name a":                               "--into=" + tree(native) + " --arch=arm64 --native --native-root=/etc/passwd",
		"--native-tree: /nosuch: there is no such directory\nxunshare: hint: name a tree":                      "--arch=arm64 --native --native-tree=/nosuch",
		"xunshare: hint: --native-root takes programs":                                                         "--into=" + tree("arm64") + " --native=sh",
	} {
		if !strings.Contains(options, "--list-native") {
			options += " /bin/true"
		}
		r := run(t, words(strings.ReplaceAll(options, "TWIN", twin))...)
		if r.status != 1 || r.out != "" || !strings.Contains(r.err, strings.ReplaceAll(want, "TWIN", twin)) {
			t.Errorf("%s: %+v, want %s", options, r, want)
		}
	}
}

// The programs may come from a tree for this machine.
func TestNativeRoot(t *testing.T) {
	root, twin := buildTree("arm64"), system(native)
	r := into(t, root, "--native=sh,readlink --native-root="+twin, whoRuns)
	if !regexp.MustCompile(isNative).MatchString(r.out) || r.err != "" {
		t.Errorf("%+v", r)
	}
	list := run(t, "--into="+root, "--native=readlink", "--native-root="+twin, "--list-native")
	if want := "natively, " + twin + "/usr/bin/readlink\n"; !strings.HasSuffix(list.out, want) {
		t.Errorf("%+v, want %s", list, want)
	}
	if r := run(t, "--into="+tree("arm64"), "--native", "true"); r.status != 0 || !strings.Contains(r.err, "all programs are emulated: the tree is ") {
		t.Errorf("%+v", r)
	}
	none := into(t, root, "--native=@cc --native-root="+twin, whoRuns)
	if !regexp.MustCompile(isEmulated).MatchString(none.out) {
		t.Errorf("%+v", none)
	}
}
