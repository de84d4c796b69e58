package test

import (
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// A tree of the 32-bit companion says so, whether this kernel runs its programs or an emulator
// does.
func TestCompanionTree(t *testing.T) {
	root := copyOf(t, "i386")
	run(t, "--into="+root, "uname", "-m").want(t, "i686\n")
	run(t, "-rm", "--arch=auto", "--root="+root, "/bin/uname", "-m").want(t, "i686\n")
	domain := run(t, "-rpfm", "--mount-proc", "--arch=auto", "--root="+root, "/bin/cat", "/proc/self/personality")
	if binfmt.FindArch("i386").RunsHere() {
		domain.want(t, "00000008\n")
	}
	list := run(t, "--list-arches").out
	_, row, _ := strings.Cut(list, "\ni386 ")
	row, _, _ = strings.Cut(row, "\n")
	if got := strings.Contains(row, "not needed here"); got != binfmt.FindArch("i386").RunsHere() {
		t.Errorf("--list-arches: %s", row)
	}
}

// The machine follows the program and the tree, and is not asked for by --arch=auto alone.
func TestCompanionProgram(t *testing.T) {
	if !binfmt.FindArch("i386").RunsHere() {
		return // TestKernelWithout32BitCode has it
	}
	root, own := copyOf(t, "i386"), copyTree(t)
	for _, dir := range []string{root + "/amd64", own + "/i386"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	copyFile(t, own+"/bin/busybox", root+"/amd64/busybox")
	copyFile(t, root+"/bin/busybox", own+"/i386/busybox")
	write(t, root+"/script", "#!/bin/sh\nuname -m\n", 0o755)
	for line, want := range map[string]string{
		"-rm --arch=i386 --root=" + root + " /bin/uname -m":                            "i686",
		"-rm --arch=i386 --root=" + root + " /script":                                  "i686",
		"-rm --arch=arm64,i386 --root=" + root + " /script":                            "i686",
		"--into=" + root + " --arch=i386 uname -m":                                     "i686",
		"-r --arch=auto " + root + "/bin/busybox uname -m":                             "i686",
		"-r --arch=i386 " + root + "/bin/busybox uname -m":                             "i686",
		"-rm --arch=auto --root=" + root + " /amd64/busybox uname -m":                  "x86_64",
		"-rm --arch=i386 --root=" + root + " /amd64/busybox uname -m":                  "x86_64",
		"--into=" + root + " /amd64/busybox uname -m":                                  "x86_64",
		"-rm --arch=auto --root=" + own + " /i386/busybox uname -m":                    "x86_64",
		"-rm --arch=i386 --root=" + own + " /bin/uname -m":                             "x86_64",
		"-r --arch=i386 uname -m":                                                      "x86_64",
		"-rm --root=" + root + " /bin/uname -m":                                        "x86_64", // as with unshare(1)
		"-r setarch -R " + binary() + " --arch=auto " + root + "/bin/busybox uname -m": "i686",
	} {
		run(t, words(line)...).want(t, want+"\n")
	}
	kept := run(t, words("-r setarch -R "+binary()+" -r --arch=auto "+root+"/bin/busybox cat /proc/self/personality")...)
	kept.want(t, "00040008\n")
}

// Trees that have nothing at /bin/sh: architecture, shell and PATH follow what they have.
func TestTreesWithoutBinSh(t *testing.T) {
	for _, arch := range []string{native, "armhf"} {
		for _, shell := range []string{"/system/bin/sh", "/nix/var/nix/profiles/default/bin/sh", "/init"} {
			t.Run(arch+shell, func(t *testing.T) {
				root := t.TempDir() + "/tree"
				script := "cp -a " + tree(arch) + " " + root + "; cd " + root + "; mkdir hidden; mv bin/busybox hidden; rm -r bin etc usr lib* sbin; " +
					"mkdir -p etc .$(dirname $0); ln -s /hidden/busybox .$0; test $0 = /init || ln -s /hidden/busybox .$(dirname $0)/uname"
				if out, err := exec.Command("sh", "-c", script, shell).CombinedOutput(); err != nil && len(out) > 0 && !strings.Contains(string(out), "cannot remove") {
					t.Fatal(err, string(out))
				}
				machine := map[string]string{native: "x86_64\n", "armhf": "armv7l\n"}[arch]
				if shell == "/init" {
					r := run(t, "--into="+root, "/hidden/busybox", "uname", "-m")
					r.want(t, machine)
					return
				}
				cmd := exec.Command(binary(), "--into="+root)
				cmd.Stdin = strings.NewReader("uname -m; echo $SHELL\n")
				finish(t, cmd).want(t, machine+shell+"\n")
				run(t, "--into="+root, "uname", "-m").want(t, machine)
			})
		}
	}
}

// Trees with next to nothing in them: what there is does for a shell, or a sentence says that there
// is none.
func TestTreesWithoutShell(t *testing.T) {
	for _, arch := range []string{native, "armhf"} {
		machine := map[string]string{native: "x86_64\n", "armhf": "armv7l\n"}[arch]
		for _, file := range []string{"bin/busybox", "busybox", "nix/store/0a1b-busybox-1.36/bin/busybox", "nix/store/0a1b-bash-5.2/bin/sh", "root/.nix-profile/bin/sh"} {
			t.Run(arch+"/"+path.Base(path.Dir(file)), func(t *testing.T) {
				root := bareTree(t, arch, file)
				write(t, root+"/etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0o644)
				cmd := exec.Command(binary(), "--into="+root)
				cmd.Stdin = strings.NewReader("uname -m; echo $PATH\n")
				r := finish(t, cmd)
				out, dirs, _ := strings.Cut(r.out, "\n")
				if r.status != 0 || out+"\n" != machine || strings.Contains(r.err, "/busybox sh is run instead") != strings.HasSuffix(file, "busybox") {
					t.Errorf("%s: %+v", file, r)
				}
				if dir := "/" + path.Dir(file); !strings.Contains(":"+strings.TrimSpace(dirs)+":", ":"+dir+":") && file != "busybox" {
					t.Errorf("%s: PATH is %s", file, dirs)
				}
			})
		}
		t.Run(arch+"/init", func(t *testing.T) {
			root := bareTree(t, arch, "init")
			for _, options := range []string{"--into=" + root, "-rm --arch=auto --root=" + root} {
				cmd := exec.Command(binary(), words(options)...)
				cmd.Env = append(os.Environ(), "SHELL=")
				want := "xunshare: " + root + " has no shell that can be run\nxunshare: hint: name a program: it has /init\n"
				if r := finish(t, cmd); r.status == 0 || r.err != want {
					t.Errorf("%s: %+v", options, r)
				}
			}
		})
	}
}

// bareTree has nothing but a busybox, where file says, and /etc.
func bareTree(t *testing.T, arch, file string) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{path.Dir(file), "etc", "proc", "dev", "run", "sys", "tmp"} {
		if err := os.MkdirAll(root+"/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	copyFile(t, tree(arch)+"/bin/busybox", root+"/"+file)
	return root
}

// A shell that cannot be run is as good as missing.
func TestUnusableShell(t *testing.T) {
	root := copyTree(t)
	write(t, root+"/etc/text", "text\n", 0o644)
	for shell, why := range map[string]string{"/etc": "a directory in", "/etc/text": "not executable in", "/dev": "a directory in", "/no": "not in"} {
		write(t, root+"/etc/passwd", "root:x:0:0::/:"+shell+"\n", 0o644)
		cmd := exec.Command(binary(), "--into="+root)
		cmd.Stdin = strings.NewReader("echo $0 $SHELL\n")
		note := "xunshare: note: the shell in its passwd, " + shell + ", is " + why + " " + root + ": /bin/sh is run instead\n"
		if r := finish(t, cmd); r.status != 0 || r.out != "-sh /bin/sh\n" || r.err != note {
			t.Errorf("%s: %+v", shell, r)
		}
		run(t, "--into="+root, "true").want(t, "") // which has nothing to do with shells
	}
}

// A shell that is missing is no reason to fail.
func TestMissingShell(t *testing.T) {
	root := copyTree(t)
	write(t, root+"/etc/passwd", "root:x:0:0::/:/bin/zsh\n", 0o644)
	for _, options := range []string{"--into", "-rm --root"} {
		args := words(options)
		args[len(args)-1] += "=" + root
		cmd := exec.Command(binary(), args...)
		cmd.Env = append(os.Environ(), "SHELL=")
		cmd.Stdin = strings.NewReader("echo $0\n")
		note := "note: the shell in its passwd, /bin/zsh, is not in " + root + ": /bin/sh is run instead"
		if r := finish(t, cmd); r.status != 0 || r.out != "-sh\n" || !strings.Contains(r.err, note) {
			t.Errorf("%s: %+v", options, r)
		}
	}
	cmd := exec.Command(binary(), "-rm", "--root="+root)
	cmd.Env = append(os.Environ(), "SHELL=/bin/fish") // as with unshare(1), which says nothing of SHELL
	if r := finish(t, cmd); r.status != 127 || !strings.Contains(r.err, "hint: the variable SHELL names it") {
		t.Errorf("%+v", r)
	}
}

// What a tree has programs of besides its own is taken along: dpkg's foreign architectures, and the
// 32-bit companion.
func TestArchAutoTakesOthersAlong(t *testing.T) {
	root := t.TempDir() + "/tree"
	script := "cp -a " + tree("arm64") + " $0; cd $0; mkdir arm s390; cp " + tree("armhf") + "/bin/busybox arm; cp " + tree("s390x") + "/bin/busybox s390"
	if out, err := exec.Command("sh", "-c", script, root).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	if r := run(t, "--into="+root, "/s390/busybox", "uname", "-m"); r.status != 0 { // it is the program
		t.Errorf("%+v", r)
	}
	run(t, "--into="+root, "sh", "-c", "/arm/busybox uname -m").want(t, "armv7l\n") // a companion, of which nothing tells
	if r := run(t, "--into="+root, "sh", "-c", "/s390/busybox uname -m"); r.status == 0 {
		t.Errorf("nothing tells of s390x: %+v", r)
	}
	os.MkdirAll(root+"/var/lib/dpkg", 0o755)
	write(t, root+"/var/lib/dpkg/arch", "arm64\narmhf\ns390x\n", 0o644)
	run(t, "--into="+root, "sh", "-c", "uname -m; /arm/busybox uname -m; /s390/busybox uname -m").want(t, "aarch64\narmv7l\ns390x\n")
	run(t, "--into="+root, "/arm/busybox", "sh", "-c", "/bin/busybox uname -m").want(t, "aarch64\n")
	arm := copyOf(t, "armhf")
	copyFile(t, tree("arm64")+"/bin/busybox", arm+"/usr/busybox")
	run(t, "--into="+arm, "/usr/busybox", "sh", "-c", "/usr/busybox uname -m; /bin/busybox uname -m").want(t, "aarch64\narmv7l\n")
}

// A rule that matches its own interpreter could run nothing. A script's is the one that the root
// has.
func TestRuleOfItsOwnInterpreter(t *testing.T) {
	root := copyTree(t)
	write(t, root+"/emulator", "#!/bin/sh\nexec \"$@\"\n", 0o755)
	write(t, root+"/outer", "#!/emulator\n", 0o755)
	write(t, root+"/plain", "plain\n", 0o755)
	for line, want := range map[string]string{
		`-rm --root=` + root + ` --load-binfmt :all:M::\x7fELF::/emulator: /bin/true`:              "/bin/sh of the script /emulator",
		`-rm --root=` + root + ` --load-binfmt :all:M::\x7fELF::/outer: /bin/true`:                 "/bin/sh of the script /outer",
		`-rm --root=` + root + ` --load-binfmt :all:M::\x7fELF::` + root + `/emulator:F /bin/true`: "/bin/sh of the script " + root + "/emulator",
		`-rm --root=` + root + ` --load-binfmt :all:M::#!::/emulator: /bin/true`:                   "interpreter, /emulator,",
		`-r --load-binfmt :all:M::\x7fELF::` + root + `/emulator:F true`:                           "/bin/sh of the script " + root + "/emulator",
	} {
		if r := run(t, words(line)...); r.status != 1 || !strings.Contains(r.err, "rule all matches its own interpreter") || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v", line, r)
		}
	}
	run(t, "-rm", "--root="+root, "--load-binfmt", ":all:M::plain::/emulator:", "/bin/sh", "-c", "echo good").want(t, "good\n")
	r := run(t, "-r", "--load-binfmt", `:all:M::\x7fELF::/bin/sh:F`, "true")
	if r.status != 1 || !strings.Contains(r.err, "rule all matches its own interpreter, /bin/sh") || !strings.Contains(r.err, "hint: ") {
		t.Errorf("%+v", r)
	}
}

// x32 is not x86-64, and is called by its name.
func TestX32IsNamed(t *testing.T) {
	header := binfmt.FindArch("i386").Sample()
	header[18] = 62 // e_machine
	file := t.TempDir() + "/x32"
	if err := os.WriteFile(file, header, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, options := range []string{"-r", "--arch=auto"} {
		if r := run(t, options, file); r.status == 0 || !strings.Contains(r.err, "is a program for x32") {
			t.Errorf("%s: %+v", options, r)
		}
	}
}

// Where the kernel does not run the companion's programs, which it says by ENOEXEC, an emulator
// does. A rule whose interpreter is no program brings that answer about.
func TestKernelWithout32BitCode(t *testing.T) {
	nothing := t.TempDir() + "/nothing"
	write(t, nothing, "text\n", 0o755)
	root := copyOf(t, "i386")
	refuse := binfmt.FindArch("i386").Rule(nothing, "").String()
	inside := func(line string) result {
		return finish(t, exec.Command(binary(), "-rm", "--mount-binfmt", "sh", "-c", `printf %s "$0" >/proc/sys/fs/binfmt_misc/register && exec `+line, refuse))
	}
	if r := inside(root + "/bin/busybox true"); r.status == 0 {
		t.Fatalf("the kernel runs it still: %+v", r)
	}
	inside(binary()+" --into="+root+" uname -m").want(t, "i686\n")
	inside(binary()+" -r --arch=i386 "+root+"/bin/busybox uname -m").want(t, "i686\n")
	inside(binary()+" -rm --root="+root+" --arch=auto /bin/uname -m").want(t, "i686\n")
	list := inside(binary() + " --list-arches").out
	if _, row, found := strings.Cut(list, "\ni386 "); !found || strings.Contains(strings.SplitN(row, "\n", 2)[0], "not needed") {
		t.Errorf("--list-arches: %s", row)
	}
	if r := inside(binary() + " -r " + root + "/bin/busybox true"); r.status == 0 || !strings.Contains(r.err, "hint: let an emulator run it: --arch=auto") {
		t.Errorf("%+v", r)
	}
}
