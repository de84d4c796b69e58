package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// What --into means can be seen inside, and each part of it can be said otherwise.
func TestInto(t *testing.T) {
	root := copyTree(t)
	os.WriteFile(root+"/etc/resolv.conf", []byte("old\n"), 0o644)
	src := t.TempDir()
	os.WriteFile(src+"/file", []byte("text\n"), 0o644)
	servers, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		servers = []byte("old\n")
	}
	check := untouched(t, root)
	for _, c := range []struct{ options, script, out string }{
		{"", "cat /etc/resolv.conf", string(servers)},
		{"", "id -u; hostname; pwd; ls /sys/kernel/ >/dev/null; ls /dev/pts; echo $$ $(ls -d /proc/[0-9] | head -1)", "0\ntree\n/root\nptmx\n2 /proc/1\n"},
		{"", "echo $HOME $USER $LOGNAME $SHELL $PATH $container", "/root root root /bin/sh /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin xunshare\n"},
		{"--hostname=box --wd=/usr", "hostname; pwd", "box\n/usr\n"},
		{"--setenv=A=1 --unsetenv=container --setenv=HOME=/usr", "echo $A $container $HOME", "1 /usr\n"},
		{"--resolv-conf=off", "cat /etc/resolv.conf", "old\n"},
		{"--map=root", "id -u; cat /proc/self/uid_map | wc -l", "0\n1\n"},
		{"--map=current --fake-ids", "id -u", fmt.Sprintln(os.Getuid())},
		{"--net", "ls /sys/class/net", "lo\n"},
		{"--net", "cat /sys/class/net/lo/flags; ping -c 1 -W 5 127.0.0.1 >/dev/null && echo up", "0x9\nup\n"},
		{"--net --map=current --setuid=" + fmt.Sprint(os.Getuid()), "cat /sys/class/net/lo/flags", "0x9\n"},
		{"--arch=none", "uname -m", "x86_64\n"},
		{"--bind " + src + ":/mnt/a", "cat /mnt/a/file", "text\n"},
		{"--ro-bind " + src + "/file:/etc/group", "cat /etc/group; echo x 2>/dev/null >/etc/group || echo refused", "text\nrefused\n"},
		{"--ephemeral", ": >/x; : >/run/x; : >/tmp/x; ls -d /x /run/x /tmp/x", "/run/x\n/tmp/x\n/x\n"},
		{"--tmpfs /run --tmpfs /tmp", ": >/run/x; : >/tmp/x; ls /run /tmp", "/run:\nx\n\n/tmp:\nx\n"},
		{"--read-only", ": >/run/x; : >/tmp/x; touch /etc/x 2>&1 || true", "touch: /etc/x: Read-only file system\n"},
		{"--ephemeral", ": >/etc/x; rm -r /usr/bin; ls /usr /etc/x", "/etc/x\n\n/usr:\nlocal\n"},
		{"--root=" + tree("arm64"), "uname -m; hostname", "aarch64\ntree\n"},
		{"--into=" + tree("arm64"), "uname -m; hostname", "aarch64\narm64\n"},
		{"--into=" + tree("arm64") + " --mount-proc=/home", "ls /home/sys/fs/binfmt_misc | head -1; ls /proc", "qemu-aarch64\n"},
		{"--clear-env", "echo $HOME$USER$container", "\n"},
		{"--setuid=0 --no-new-privs", "grep ^NoNewPrivs /proc/self/status | cut -f2", "1\n"},
	} {
		t.Run(c.options, func(t *testing.T) {
			into(t, root, c.options, c.script).want(t, c.out)
			check(t)
		})
	}
}

// Apt is told to do without a user of its own, but not in an environment that is to be empty.
func TestIntoApt(t *testing.T) {
	root := copyTree(t)
	os.Mkdir(root+"/etc/apt", 0o755)
	for options, want := range map[string]string{
		"":                                   "/dev/xunshare-apt.conf\n",
		"--clear-env":                        "\n",
		"--whitelist-env=TERM":               "\n",
		"--clear-env --setenv=APT_CONFIG=/x": "/x\n",
	} {
		into(t, root, "--map=root --fake-ids "+options, "ls /dev/xunshare-apt.conf >/dev/null; echo $APT_CONFIG").want(t, want)
	}
}

// The root may be named by a symbolic link, whatever is done with it.
func TestIntoByLink(t *testing.T) {
	dir := t.TempDir()
	os.Symlink(tree(native), dir+"/native")
	os.Symlink(tree("arm64"), dir+"/foreign")
	os.Symlink("./native", dir+"/twice")
	for name, machine := range map[string]string{"native": "x86_64", "foreign": "aarch64"} {
		for _, options := range []string{"", "--ephemeral", "--read-only", "--bind=/etc:/nosuch", "--ephemeral=" + t.TempDir() + "/keep"} {
			into(t, dir+"/"+name, options+" --map=root", "uname -m; hostname; ls -d /run; test -e /etc/passwd").want(t, machine+"\n"+name+"\n/run\n")
		}
	}
	inTree(t, dir+"/twice", "-r --tmpfs=/nosuch", "ls -d /nosuch").want(t, "/nosuch\n")
}

// The program works where the caller does, if that is there once all is mounted.
func TestIntoDirectory(t *testing.T) {
	root := copyTree(t)
	here := t.TempDir()
	for _, c := range []struct{ dir, options, want string }{
		{here, "", "/root"},
		{"/usr", "", "/usr"},
		{"/", "", "/"},
		{here, "--bind=" + here, here},
		{here, "--bind=" + filepath.Dir(here), here},
		{"/usr", "--tmpfs=/usr/local", "/usr"},
		{"/usr/local", "--tmpfs=/usr", "/root"},
		{here, "--tmpfs=/root --wd=/", "/"},
	} {
		args := append([]string{"--into=" + root}, words(c.options)...)
		cmd := exec.Command(binary(), append(args, "/bin/busybox", "pwd")...)
		cmd.Dir = c.dir
		finish(t, cmd).want(t, c.want+"\n")
	}
	os.RemoveAll(root + "/root")
	into(t, root, "", "pwd").want(t, "/\n")
	os.WriteFile(root+"/etc/passwd", []byte("root:x:0:0:root:etc:\n"), 0o644)
	into(t, root, "", "pwd; echo $HOME $SHELL").want(t, "/\n/ /bin/sh\n")
	os.Remove(root + "/etc/passwd")
	unix.Mkfifo(root+"/etc/passwd", 0o644)
	into(t, root, "", "pwd; echo $USER $HOME $SHELL").want(t, "/\nroot / /bin/sh\n")
}

// Of the caller's environment that stays which is about the terminal, the language, the time and
// the network.
func TestIntoEnvironment(t *testing.T) {
	kept := []string{"TERM=t", "COLORTERM=c", "LANG=l", "LC_TIME=x", "TZ=z", "http_proxy=p", "NO_PROXY=n"}
	cmd := exec.Command(binary(), "--into="+tree(native), "/usr/bin/env")
	cmd.Env = append([]string{"A=1", "HOME=/nosuch", "USER=u", "SHELL=/nosuch", "PATH=/nosuch", "LANGUAGE=x", "LD_PRELOAD=x"}, kept...)
	want := strings.Join(kept, "\n") + "\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/root\nSHELL=/bin/sh\nUSER=root\nLOGNAME=root\ncontainer=xunshare\n"
	finish(t, cmd).want(t, want)
}

// A name stands for the options of a file, in which each error has its line.
func TestIntoName(t *testing.T) {
	home := t.TempDir()
	dir := home + "/xunshare"
	os.Mkdir(dir, 0o755)
	os.Symlink(tree(native), dir+"/tree")
	for _, c := range []struct{ text, out, says string }{
		{"# a tree\n\n--into $T\n --setenv A=b  c \n--hostname=box\n", "box b  c\n", ""},
		{"--into=$T\n-w /usr", "tree \n", ""},
		{"--into=$T\n\n--bogus", "", "$F:3: there is no option --bogus\nxunshare: hint: xunshare --help lists the options\n"},
		{"--into=$T\n--bind", "", "$F:2: --bind needs an argument\nxunshare: hint: xunshare --help lists the options\n"},
		{"--into=$T\n--map=foo", "", "$F:2: --map: \"foo\" is none of auto, root, current, subids\n"},
		{"--into=$T\n--setenv =x\n", "", "$F:2: --setenv: \"=x\" is not NAME=VALUE\n"},
		{"#\nls -l\n", "", "$F:2: \"ls -l\" is not an option\nxunshare: hint: write one option a line, with its dashes: --wd /tmp\n"},
		{"--config=/x\n", "", "$F:1: an option file cannot name another one\n"},
	} {
		file := dir + "/box.conf"
		replacer := strings.NewReplacer("$T", dir+"/tree", "$F", file)
		os.WriteFile(file, []byte(replacer.Replace(c.text)), 0o644)
		for _, option := range []string{"--into=box", "--config=" + file} {
			cmd := exec.Command(binary(), option, "/bin/sh", "-c", "echo $(hostname) \"$A\"")
			cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+home)
			r := finish(t, cmd)
			want := result{out: c.out}
			if c.says != "" {
				want = result{err: "xunshare: " + replacer.Replace(c.says), status: 1}
			}
			if r != want {
				t.Errorf("%s of %q: %+v, want %+v", option, c.text, r, want)
			}
		}
	}
	cmd := exec.Command(binary(), "--into=nosuch")
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+home)
	if r := finish(t, cmd); !strings.Contains(r.err, "there is neither "+dir+"/nosuch.conf nor a directory of that name") {
		t.Errorf("%+v", r)
	}
	if r := run(t, "--config=/nosuch", "true"); r.err != "xunshare: --config=/nosuch: no such file or directory\n" {
		t.Errorf("%+v", r)
	}
}

// --dry-run shows what it became, and does nothing.
func TestIntoDryRun(t *testing.T) {
	root := copyTree(t)
	check := untouched(t, root)
	r := run(t, "--dry-run", "--into="+root, "--ephemeral", "/bin/sh", "-c", "echo ran")
	for _, step := range []string{"clone(", `sethostname("tree")`, "pivot_root(", `mount("proc", "/proc"`, `bind(host, "/sys"`, `"/dev/pts"`, `execve("/bin/sh"`} {
		if !strings.Contains(r.out, step) {
			t.Errorf("no %s in %+v", step, r)
		}
	}
	if r.status != 0 || strings.Contains(r.out, "ran\n") {
		t.Errorf("%+v", r)
	}
	check(t)
}

// The host's own tree is another user's.
func TestIntoOthersTree(t *testing.T) {
	if os.Getuid() == 0 {
		asuser.Skip(t, "all trees are root's own")
	}
	before := untouched(t, "/etc/passwd")
	r := into(t, "/", "", ": >/tmp/x; : >/run/x; ls /tmp; touch /etc/x")
	if note := "xunshare: note: / belongs to another user, so it is read-only inside, unless --read-only=no is given"; r.out != "x\n" || !strings.HasPrefix(r.err, note) || !strings.Contains(r.err, "Read-only file system") {
		t.Errorf("%+v", r)
	}
	before(t)
}

// What is the caller's own in another user's tree can be changed where that is asked for: the
// permissions decide, and no more.
func TestIntoReadWrite(t *testing.T) {
	if os.Getuid() == 0 {
		asuser.Skip(t, "all trees are root's own")
	}
	own, others := t.TempDir(), t.TempDir()
	before := untouched(t, "/etc/passwd")
	script := "echo mine >" + own + "/f; touch /etc/x; : >" + others + "/x; umount /etc 2>/dev/null; touch /etc/x"
	r := into(t, "/", "--read-only=no --bind="+own, script)
	if text, err := os.ReadFile(own + "/f"); err != nil || string(text) != "mine\n" || strings.Contains(r.err, "note: / ") || strings.Count(r.err, "Permission denied") != 2 {
		t.Errorf("%+v: %q, %v", r, text, err)
	}
	before(t)
}

// All of the host's own tree can be changed, without a trace.
func TestIntoHostEphemeral(t *testing.T) {
	if os.Getuid() == 0 {
		asuser.Skip(t, "all trees are root's own")
	}
	before := untouched(t, "/etc/passwd")
	r := into(t, "/", "--ephemeral", "echo x >>/etc/passwd && touch /etc/new /usr/bin/new && tail -n 1 /etc/passwd; id -u; head -c 4 /bin/sh | tail -c 3")
	if r.status != 0 || r.out != "x\n0\nELF" {
		t.Errorf("%+v", r)
	}
	before(t)
	if _, err := os.Stat("/etc/new"); err == nil {
		t.Error("/etc/new is on the host")
	}
}

// With --json-status-fd it is told which ids there are, and why no better ones.
func TestIntoStatus(t *testing.T) {
	// In a namespace with one user nobody has sub-ids.
	r := run(t, "-r", binary(), "--json-status-fd=1", "--into="+tree(native), "/bin/busybox", "true")
	if r.status != 0 || r.err != "" || !strings.Contains(r.out, `"ids":"single","ids-because":"there is only one where xunshare runs"`) {
		t.Errorf("%+v", r)
	}
	run(t, "-r", binary(), "--into="+tree(native), "/bin/sh", "-c", "chown 5:6 /tmp && stat -c %u:%g /tmp").want(t, "0:0\n")
	needSubIDs(t)
	r, objects := withStatus(t, "--into="+tree(native), "/bin/sh", "-c", "exit 3")
	if r.status != 3 || len(objects) != 2 || objects[0]["ids"] != "subids" || objects[0]["ids-because"] != nil || objects[1]["exit-code"] != 3.0 {
		t.Errorf("%+v, %v", r, objects)
	}
}

// Trees are entered from inside others: by xunshare in a native one, from the shell of a foreign
// one, in the namespaces of bwrap.
func TestIntoNested(t *testing.T) {
	trees := []string{"--bind=" + tree(native) + ":/mnt/n", "--bind=" + tree("arm64") + ":/mnt/f"}
	const inside = "xunshare --into=/mnt/n /bin/sh -c 'uname -m; hostname; id -u; ls -d /proc/self /dev/pts/ptmx' && xunshare -rpf --init --mount-proc /bin/sh -c 'echo $$'"
	const want = "x86_64\nn\n0\n/dev/pts/ptmx\n/proc/self\n2\n"
	for _, arch := range []string{native, "arm64", "s390x"} {
		args := append([]string{"--into=" + tree(arch), "--bind-self"}, trees...)
		run(t, append(args, "/bin/sh", "-c", inside)...).want(t, want)
	}
	// The rule of the outer one, and the emulator that the kernel holds, serve the inner one as
	// well.
	args := append([]string{"--into=" + tree("arm64"), "--bind-self"}, trees...)
	run(t, append(args, "/bin/sh", "-c", "xunshare --into=/mnt/f /bin/uname -m")...).want(t, "aarch64\n")
	// Three deep.
	args = append([]string{"--into=" + tree(native), "--bind-self"}, trees...)
	run(t, append(args, "/bin/sh", "-c", "xunshare --into=/mnt/n --bind-self --bind=/mnt/f:/mnt/f /bin/sh -c 'hostname; xunshare --into=/mnt/f --arch=none --dry-run /bin/true | grep -c execve'")...).
		want(t, "n\n1\n")
	for _, options := range []string{"--dev-bind / / --proc /proc", "--unshare-all --share-net --bind / / --dev /dev --proc /proc"} {
		for arch, machine := range map[string]string{native: "x86_64", "arm64": "aarch64"} {
			args := append(words(options), binary(), "--into="+tree(arch), "/bin/sh", "-c", "uname -m; ls -d /proc/self; id -u")
			finish(t, exec.Command("bwrap", args...)).want(t, machine+"\n/proc/self\n0\n")
		}
	}
}

// Engines mask parts of /proc, and a new one is forbidden then: the one that is there is taken, and
// it is said how to have a better one. Foreign programs run all the same. The kernel looks for
// another proc in the whole namespace, so that of the test is a tree's, and one that is not entered
// with --into, which keeps a second proc.
func TestIntoMaskedProc(t *testing.T) {
	const mask = "mount -t tmpfs none /proc/tty && mount -o bind /dev/null /proc/version && exec \"$@\""
	const note = "xunshare: note: parts of /proc are masked here, so the program sees the /proc that is there, which has other pids\n" +
		"xunshare: hint: start the container with --security-opt unmask=ALL (podman) or --security-opt systempaths=unconfined (docker)\n"
	for arch, machine := range map[string]string{native: "x86_64", "arm64": "aarch64"} {
		r := run(t, "-rpf", "--init", "--mount-proc", "--dev", "--sys", "--root="+tree(native), "--wd=/root", "--bind-self", "--ro-bind="+emulator(t, "arm64")+":/usr/bin/qemu-aarch64", "--bind="+tree(arch)+":/mnt",
			"/bin/sh", "-c", mask, "sh",
			"xunshare", "--into=/mnt", "/bin/sh", "-c", "uname -m; ls -d /proc/self/fd; ls /proc/tty; ls -l /proc/version | cut -c1; : >/dev/null; pwd").unsealed()
		if want := machine + "\n/proc/self/fd\nc\n/root\n"; r.out != want || r.err != note || r.status != 0 {
			t.Errorf("%+v, want %q", r, want)
		}
	}
}

// Two hundred at once do not disturb each other, whatever their architecture.
func TestIntoManyAtOnce(t *testing.T) {
	roots := []string{system(native), tree(native), tree("arm64"), tree("ppc64el")}
	var checks []func(*testing.T)
	for _, root := range roots {
		checks = append(checks, untouched(t, root))
	}
	atOnce(t, func(i int) []string {
		options := words([...]string{"", "--ephemeral", "--map=root"}[i%3])
		return append(append(options, "--into="+roots[i%4]), "/bin/sh", "-c", ": >/dev/null; test -d /proc/self && echo $0", fmt.Sprint(i))
	})
	for _, check := range checks {
		check(t)
	}
}
