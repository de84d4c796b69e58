package test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// musls are trees of programs that are linked dynamically with musl, as Alpine's: by the architecture, what uname -m says.
var musls = map[string]string{native: "x86_64", "powerpc": "ppc"}

func musl(arch string) string { return "musl-linux-" + arch }

func fetchMusls(dir string) (err error) {
	for arch := range musls {
		err = errors.Join(err, fetchTree(dir, musl(arch)))
	}
	return err
}

// A system without anything of glibc is one like others.
func TestMusl(t *testing.T) {
	src := t.TempDir()
	copyFile(t, "/etc/hostname", src+"/file")
	for arch, machine := range musls {
		root := tree(musl(arch))
		check := untouched(t, root)
		for _, c := range []struct{ name, options, script, out string }{
			{"is musl", "", `/lib/ld-musl-* 2>&1 | head -n 1 | cut -d " " -f 1,2; find / -xdev -name 'ld-linux*' -o -xdev -name 'ld[0-9.]*' -o -xdev -name 'libc.so.6'`, "musl libc\n"},
			{"inside", "--tmpfs /tmp", inside, insideWant(machine)},
			{"ready", "", "uname -m; hostname; pwd; echo $USER $HOME $SHELL $0; ls /dev/pts /dev/shm; cat </dev/null; ls -d /proc/1 /sys/kernel /tmp /run",
				machine + "\n" + musl(arch) + "\n/root\nroot /root /bin/sh /bin/sh\n/dev/pts:\nptmx\n\n/dev/shm:\n/proc/1\n/run\n/sys/kernel\n/tmp\n"},
			{"who is who", "", "ls -ld /etc | cut -d ' ' -f 1; id -un; whoami; stat -c %U:%G /etc", "drwxr-xr-x\nroot\nroot\nroot:root\n"},
			{"processes", "", "env A=1 timeout 9 sh -c 'echo $A'; setsid true; (exit 3); echo $?; (sleep 9 & kill $!; wait $!; echo $?) 2>/dev/null", "1\n3\n143\n"},
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
				if c.name == "all ids" {
					needSubIDs(t)
				}
				into(t, root, c.options, c.script).want(t, c.out)
				check(t)
			})
		}
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
