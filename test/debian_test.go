package test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xunshare/xunshare/test/asuser"
)

// foreignDebian is the architecture of the foreign one of the two Debian systems.
const foreignDebian = "arm64"

// fetchDebian makes, in the cache, a Debian system with the xunshare in dir, and copies it.
func fetchDebian(dir, arch string) error {
	cmd := command("../scripts/get-debian", strings.Split(arch, "-")...) // and a suite
	cmd.Env = append(os.Environ(), "XUNSHARE="+dir+"/xunshare")
	cmd.Stdout = nil
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	return copyOwned(dir+"/debian/"+arch, strings.TrimSpace(string(out)))
}

func system(arch string) string {
	binary() // which makes it
	return made("debian/"+arch, "debian/"+arch)
}

// copyOfSystem is one to change, by root and by others with sub-ids.
func copyOfSystem(t *testing.T, arch string) string {
	t.Helper()
	needSubIDs(t)
	root := t.TempDir() + "/" + arch
	t.Cleanup(func() { run(t, "--map=auto", "rm", "-rf", root) })
	if out, err := exec.Command("cp", "-a", system(arch), root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return root
}

// into runs a script in a tree that is entered with --into, and sees to it that no process is left.
func into(t *testing.T, root, options, script string) result {
	t.Helper()
	args := append(append([]string{"--into=" + root}, words(options)...), "/bin/sh", "-c", script)
	r, objects := withStatus(t, args...)
	if len(objects) == 2 {
		noProcessIn(t, fmt.Sprintf("pid:[%.0f]", objects[0]["pid-namespace"]))
	}
	return r
}

// noProcessIn fails the test if a process is in that pid namespace.
func noProcessIn(t *testing.T, namespace string) {
	t.Helper()
	links, _ := filepath.Glob("/proc/[0-9]*/ns/pid")
	for _, link := range links {
		if there, _ := os.Readlink(link); there == namespace {
			t.Errorf("%s is still in %s", link, namespace)
		}
	}
}

// idMaps are the options for the two kinds of ids: the best that there are, and one alone.
var idMaps = map[string]string{"auto": "", "single": "--map=root --fake-ids"}

// What people expect of a system works in one that is entered, and does not change it.
func TestDebian(t *testing.T) {
	zones := "TZ=Asia/Tokyo date +%Z; TZ=America/New_York date -d @0 +%Z"
	for _, c := range []struct{ name, arch, options, script, want string }{
		{"device", native, "", "echo x >/dev/null; head -c 4 /dev/urandom | wc -c; ls -d /dev/fd/0; ls -l /dev/stdin | cut -c1", "^4\n/dev/fd/0\nl\n$"},
		{"df", native, "", "df / /dev /dev/shm | wc -l", "^4\n$"},
		{"home", native, "", `cd; pwd; echo $HOME $USER $LOGNAME $SHELL $container`, "^/root\n/root root root /bin/bash xunshare\n$"},
		{"hostname", native, "", "hostname; uname -m", "^amd64\nx86_64\n$"},
		{"locale", native, "", "for l in C C.UTF-8; do LC_ALL=$l locale charmap; done", "^ANSI_X3.4-1968\nUTF-8\n$"},
		{"man", native, "--ephemeral", "man -P cat true; whatis true", "^TRUE\\(1\\).*do nothing, successfully.*\ntrue \\(1\\)"},
		{"mktemp", native, "--ephemeral", "f=$(mktemp) && echo $f; rm $f", "^/tmp/tmp\\.\\w+\n$"},
		{"mount", native, "", "mount | grep -c ' on /proc type proc '; mount -t tmpfs none /mnt && umount /mnt && echo fine", "^1\nfine\n$"},
		{"passwd", native, "", "getent passwd root; getent group tty", "^root:x:0:0:root:/root:/bin/bash\ntty:x:5:\n$"},
		{"python", native, "", `python3 -c 'import os; print(os.ttyname(os.openpty()[1]))'`, "^/dev/pts/0\n$"},
		{"script", native, "", "script -qec 'echo $((6*7)); tty' /dev/null </dev/null", "^42\r\n/dev/pts/0\r\n$"},
		{"shm", native, "", "echo x >/dev/shm/f && cat /dev/shm/f; stat -c %a /dev/shm", "^x\n1777\n$"},
		{"ssh", native, "", "ssh -V 2>&1", "^OpenSSH_"},
		{"su", native, "", "su daemon -s /bin/sh -c 'echo $0'", "^sh\n$"},
		{"sys", native, "", "cat /sys/class/net/lo/address", "^00:00:00:00:00:00\n$"},
		{"time zone", native, "", zones, "^JST\nEST\n$"},
		{"unshare", native, "", "unshare -mpf --mount-proc sh -c 'echo $$'", "^1\n$"},

		{"foreign", foreignDebian, "", "uname -m; dpkg --print-architecture; hostname; getent passwd root", "^aarch64\narm64\narm64\nroot:x:0:0:root:/root:/bin/bash\n$"},
		{"foreign files", foreignDebian, "--ephemeral", "f=$(mktemp) && echo $f; df / /dev/shm | wc -l; echo x >/dev/shm/f && cat /dev/shm/f", "^/tmp/tmp\\.\\w+\n3\nx\n$"},
		{"foreign told", foreignDebian, "--emulator-env=QEMU_UNAME=9.9.9", "su - daemon -s /bin/sh -c 'uname -r'", "^9.9.9\n$"},
		{"foreign su", foreignDebian, "", "su daemon -s /bin/sh -c 'echo $0'; LC_ALL=C.UTF-8 locale charmap; " + zones, "^sh\nUTF-8\nJST\nEST\n$"},
	} {
		for world, options := range idMaps {
			t.Run(c.name+"/"+world, func(t *testing.T) {
				check := untouched(t, system(c.arch))
				r := into(t, system(c.arch), c.options+" "+options, c.script)
				if !regexp.MustCompile("(?s)"+c.want).MatchString(r.out) || r.err != "" {
					t.Errorf("%+v, want %q", r, c.want)
				}
				check(t)
			})
		}
	}
}

// With sub-ids the users of the system are real, without them everybody is root.
func TestDebianUsers(t *testing.T) {
	const script = "su daemon -s /bin/sh -c 'id -un'; chown daemon:games /tmp && stat -c %U:%G /tmp"
	into(t, system(native), "--ephemeral "+idMaps["single"], script).want(t, "root\nroot:root\n")
	needSubIDs(t)
	into(t, system(native), "--ephemeral", script).want(t, "daemon\ndaemon:games\n")
}

// Packages are fetched over the network, as a user of their own or as root; names are looked up as
// on the host. An emulated apt takes half a minute for the lists of packages, so that it has to do
// with what is signed.
func TestDebianNetwork(t *testing.T) {
	server := needMirror(t)
	const signed = "-o Acquire::IndexTargets::deb::Packages::DefaultEnabled=no"
	for _, c := range []struct{ arch, options, apt string }{
		{native, "--ephemeral", ""},
		{native, "--ephemeral " + idMaps["single"], signed},
		{foreignDebian, "--ephemeral " + idMaps["single"], signed},
		{native, idMaps["single"], ""},
	} {
		t.Run(c.arch+" "+c.options, func(t *testing.T) {
			check := untouched(t, system(c.arch))
			into(t, system(c.arch), c.options, "rm -r /var/lib/apt/lists; apt-get -qq update "+c.apt+" && ls /var/lib/apt/lists | grep -c InRelease; "+
				"getent hosts "+server+" >/dev/null || echo unknown").want(t, "1\n")
			if strings.Contains(c.options, "--ephemeral") {
				check(t)
			}
		})
	}
	into(t, system(native), "", "apt-cache show hello | grep ^Package").want(t, "Package: hello\n")
}

// needMirror is for tests that need the server that the system's packages come from; it returns its
// name.
func needMirror(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(system(native) + "/etc/apt/sources.list")
	if err != nil || len(words(string(text))) < 2 {
		t.Fatalf("no sources: %v, %q", err, text)
	}
	mirror, err := url.Parse(words(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	server, proxy := mirror, os.Getenv("http_proxy")
	if proxy != "" {
		if server, err = url.Parse(proxy); err != nil {
			t.Fatal(err)
		}
	}
	port := server.Port()
	if port == "" {
		port = "80"
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(server.Hostname(), port), patience)
	if err != nil {
		asuser.Skip(t, "the mirror cannot be reached from the host: "+err.Error())
	}
	conn.Close()
	return mirror.Hostname()
}

// A shell inside has the terminal, and job control.
func TestDebianTerminal(t *testing.T) {
	for _, arch := range []string{native, foreignDebian} {
		t.Run(arch, func(t *testing.T) {
			check := untouched(t, system(arch))
			s := onTerminal(t, binary(), "--into="+system(arch), "--setenv=PS1="+prompt, "--setenv=HISTFILE=", "bash", "--norc", "--noediting", "-i")
			if said := s.expect(prompt); said != prompt {
				t.Errorf("bash says %q", said)
			}
			s.want("tty; stty size >/dev/tty && echo fine", "/dev/console\n0 0\nfine\n")
			s.controlsJobs()
			check(t)
		})
	}
}

// controlsJobs has the shell stop, continue, interrupt and kill jobs, and ends it.
func (s *session) controlsJobs() {
	s.t.Helper()
	s.enter("cat\n")
	s.echoes("one")
	s.press(ctrlZ)
	if said := s.expect(prompt); !strings.Contains(said, "Stopped") {
		s.t.Fatalf("after Ctrl-Z: %q", said)
	}
	s.want("jobs | grep -c Stopped", "1\n")
	s.fg()
	s.echoes("two")
	s.press(ctrlC)
	s.expect(prompt)
	s.want("echo $?", "130\n")
	s.run("sleep 1000 &")
	s.run("kill %1; wait %1")
	s.want("jobs", "")
	s.enter("exit 5\n")
	s.cmd.Wait()
	if status := s.cmd.ProcessState.ExitCode(); status != 5 {
		s.t.Errorf("status %d", status)
	}
}

// Without a program it is the login shell, at home, with its prompt.
func TestDebianLogin(t *testing.T) {
	check := untouched(t, system(native))
	s := onTerminal(t, binary(), "--into="+system(native), "--ephemeral")
	s.expect("root@amd64:~# ")
	s.enter("echo $0 $SHELL $HOME $((6*7)); shopt login_shell | tr '\\t' ' '\n")
	s.expect("-bash /bin/bash /root 42\n")
	s.expect(" on\n")
	s.enter("exit 3\n")
	s.cmd.Wait()
	if status := s.cmd.ProcessState.ExitCode(); status != 3 {
		t.Errorf("status %d", status)
	}
	check(t)
}

// What is killed at any moment, during set-up too, leaves no process and no trace.
func TestDebianKilled(t *testing.T) {
	check := untouched(t, system(native))
	mark := fmt.Sprintf("8%d.75", os.Getpid()) // seconds that nobody else sleeps
	for i := range 120 {
		args := append([]string{"--into=" + system(native)}, words([...]string{"", "--ephemeral", idMaps["single"]}[i%3])...)
		cmd := exec.Command(binary(), append(args, "sleep", mark)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 300 * time.Microsecond)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
	}
	eventually(t, "an end of all that was killed", func() bool {
		return exec.Command("pgrep", "-f", mark).Run() != nil
	})
	check(t)
}
