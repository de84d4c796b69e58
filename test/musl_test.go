package test

import (
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// musls are trees of programs that are linked dynamically with musl, as Alpine's: by the
// architecture, what uname -m says.
var musls = map[string]string{native: "x86_64", "powerpc": "ppc"}

func musl(arch string) string { return "musl-linux-" + arch }

// A system without anything of glibc is one like others.
func TestMusl(t *testing.T) {
	src := t.TempDir()
	copyFile(t, "/etc/hostname", src+"/file")
	for arch, machine := range musls {
		root := tree(musl(arch))
		check := untouched(t, root)
		for _, c := range []struct{ name, options, script, out string }{
			{"is musl", "", `/lib/ld-musl-* 2>&1 | head -n 1 | cut -d " " -f 1,2; find / -xdev -name 'ld-linux*' -o -xdev -name 'ld[0-9.]*' -o -xdev -name 'libc.so.6'`, "musl libc\n"},
			{"is dynamic", "", `/lib/ld-musl-* --list /bin/busybox | sed 's/-musl-.*/-musl/'; /lib/ld-musl-* /bin/busybox uname -m`, "\t/lib/ld-musl\n\tlibc.so => /lib/ld-musl\n" + machine + "\n"},
			{"inside", "--tmpfs /tmp", inside, insideWant(machine)},
			{"ready", "", "uname -m; hostname; pwd; echo $USER $HOME $SHELL $0; ls /dev/pts /dev/shm; cat </dev/null; ls -d /proc/1 /sys/kernel /tmp /run",
				machine + "\n" + musl(arch) + "\n/root\nroot /root /bin/sh /bin/sh\n/dev/pts:\nptmx\n\n/dev/shm:\n/proc/1\n/run\n/sys/kernel\n/tmp\n"},
			{"who is who", "", "ls -ld /etc | cut -d ' ' -f 1; id -un; whoami; stat -c %U:%G /etc", "drwxr-xr-x\nroot\nroot\nroot:root\n"},
			{"processes", "", "env A=1 timeout 9 sh -c 'echo $A'; setsid true; (exit 3); echo $?; (sleep 9 & kill $!; wait $!; echo $?) 2>/dev/null", "1\n3\n143\n"},
			{"vfork", "", `echo a b | xargs -n 1 echo; find /etc -name group -exec head -n 1 {} \;; hello`, "a\nb\nroot:x:0:\nhello from /usr/local/bin/hello on " + machine + "\n"},
			{"other ids", "", "nsenter -S 65534 -G 65534 id", "uid=65534(nobody) gid=65534(nogroup)\n"},
			{"other ids of one", "--map=root --fake-ids", "nsenter -S 65534 -G 65534 id -u", "0\n"},
			{"accounts", "--ephemeral --map=root --fake-ids", "echo x:x:77:78::/:/bin/sh >>/etc/passwd; : >/f; chown x /f && chown x:nogroup /f && chown y /f 2>&1 || echo refused", "chown: unknown user y\nrefused\n"},
			{"one id", "--map=root --fake-ids --tmpfs /tmp", `cd /tmp; cp -a /bin/busybox b; chown 5:6 b; stat -c '%u:%g %a' b; mknod null c 1 3; stat -c %F null; mkdir -p a/b; mv b a/b; ls a/b`,
				"0:0 755\nregular empty file\nb\n"},
			{"all ids", "--map=auto --tmpfs /tmp", `cd /tmp; : >f; chown 5:6 f; stat -c %u:%g f`, "5:6\n"},
			{"not root", "--setuid=65534 --setgid=65534", "id -u; whoami; touch /etc/x 2>/dev/null || echo refused", "65534\nnobody\nrefused\n"},
			{"ephemeral", "--ephemeral", "rm -r /home /usr; echo x >/new; ls / | head -n 4; cat /new", "bin\ndev\netc\nlib\nx\n"},
			{"read-only", "--read-only", "touch /etc/x 2>/dev/null || echo refused; touch /tmp/x && ls /tmp", "refused\nx\n"},
			{"bind", "--bind " + src + ":/mnt/a --wd=/mnt/a", "ls; pwd", "file\n/mnt/a\n"},
			{"itself", "--bind-self", "xunshare -rpf --init --mount-proc sh -c 'echo $$ $(uname -m)'", "2 " + machine + "\n"},
		} {
			t.Run(arch+"/"+c.name, func(t *testing.T) {
				if c.name == "all ids" || c.name == "other ids" {
					needSubIDs(t)
				}
				into(t, root, c.options, c.script).want(t, c.out)
				check(t)
			})
		}
	}
}

// musl looks names up in the tree's own files, and asks the host's servers.
func TestMuslNames(t *testing.T) {
	server := needMirror(t)
	addresses, err := net.LookupHost(server)
	if err != nil {
		asuser.Skip(t, "the host does not know "+server+": "+err.Error())
	}
	for arch := range musls {
		root := tree(musl(arch))
		check := untouched(t, root)
		const box = "echo 192.0.2.7 box >/etc/hosts; hostname -i"
		into(t, root, "--ephemeral --hostname=box", box).want(t, "192.0.2.7\n")
		r := into(t, root, "--ephemeral --hostname="+server, "hostname -i")
		if found := words(r.out); r.status != 0 || len(found) == 0 || !slices.Contains(addresses, found[0]) {
			t.Errorf("%s: %+v, the host knows %v", server, r, addresses)
		}
		check(t)
	}
}

// A shell inside has the terminal, and job control.
func TestMuslTerminal(t *testing.T) {
	for arch := range musls {
		t.Run(arch, func(t *testing.T) {
			check := untouched(t, tree(musl(arch)))
			s := onTerminal(t, binary(), "--into="+tree(musl(arch)), "--setenv=PS1="+prompt, "sh", "-i")
			s.expect(prompt)
			s.want("tty", "/dev/console\n")
			s.controlsJobs()
			check(t)
		})
	}
}

// Devices that are made in a root inside work there.
func TestMuslNodes(t *testing.T) {
	for arch := range musls {
		const script = "mkdir /inner && cp -a /bin /lib /usr /inner && cd /inner\n" + makeNodes + "chroot . /bin/sh -c \"$1\""
		root := newRoot(t, musl(arch))
		run(t, "-rm", "--arch=auto", "--fake-ids", "--dev", "--root="+root, "/bin/sh", "-c", script, "sh", useNodes).want(t, used)
		wantNothing(t, root+"/inner")
	}
}

// Its login shell is what runs without a program.
func TestMuslLogin(t *testing.T) {
	for arch, machine := range musls {
		cmd := exec.Command(binary(), "--into="+tree(musl(arch)))
		cmd.Stdin = strings.NewReader("echo $0 $PATH; uname -m\n")
		finish(t, cmd).want(t, "-sh /usr/local/bin:/usr/bin:/bin\n"+machine+"\n")
	}
}
