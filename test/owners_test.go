package test

import (
	"os/exec"
	"strings"
	"testing"
)

// mountDevpts mounts a devpts in both ways that there are, with options that lie where nothing can
// be written.
const mountDevpts = `#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set(int fs, unsigned how, const char *name, const char *value)
{
	return syscall(SYS_fsconfig, fs, how, name, value, 0);
}

static int build(const char *where)
{
	int fs = syscall(SYS_fsopen, "devpts", 0);

	if (set(fs, 1, "gid", "5") || set(fs, 1, "mode", "620") || set(fs, 6, 0, 0))
		return -1;
	return syscall(SYS_move_mount, syscall(SYS_fsmount, fs, 0, 0), "", AT_FDCWD, where, 4);
}

int main(int argc, char **argv)
{
	int failed = argc == 3 && !strcmp(argv[1], "mount") ? mount("none", argv[2], "devpts", 0, "gid=5,mode=620") : build(argv[2]);

	return failed && (perror("devpts"), 1);
}
`

// File systems are mounted for owners that are not mapped, as far as they can be.
func TestMountForOthers(t *testing.T) {
	dir := t.TempDir()
	where, program, busybox := dir+"/at", dir+"/devpts", tree(native)+"/bin/busybox"
	cc := exec.Command("sh", "-c", "mkdir "+where+" && gcc -xc -o "+program+" -")
	cc.Stdin = strings.NewReader(mountDevpts)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct{ options, command, want, err string }{
		{"-rm --fake-ids", "mount -t devpts -o gid=5,mode=620 none", "devpts none rw,mode=620,ptmxmode=000", ""},
		{"-rm --fake-ids", "mount -t devpts -o noexec,nosuid,uid=5,mode=620,ptmxmode=666 none", "devpts none rw,mode=620,ptmxmode=666", ""},
		{"-rm --fake-ids", busybox + " mount -t devpts -o gid=5,mode=620 none", "devpts none rw,mode=620,ptmxmode=000", ""},
		{"-rm --fake-ids", busybox + " mount -t tmpfs -o size=8k,uid=5,gid=0x7 none", "tmpfs none rw,size=8k", ""},
		{"-rm --fake-ids", program + " mount", "devpts none rw,mode=620,ptmxmode=000", ""},
		{"-rm --fake-ids", program + " fsopen", "devpts none rw,mode=620,ptmxmode=000", ""},
		{"-rm --fake-ids unshare -rm", program + " mount", "devpts none rw,mode=620,ptmxmode=000", ""},
		{"-rm --fake-ids unshare -rm", program + " fsopen", "devpts none rw,mode=620,ptmxmode=000", ""},
		{"-rm --map-auto --fake-ids", program + " mount", "devpts none rw,gid=", ""},
		{"-rm --map-auto --fake-ids", program + " fsopen", "devpts none rw,gid=", ""},
		{"-rm --fake-ids", busybox + " mount -t tmpfs -o uid=x none", "", "Invalid argument"},
		{"-rm --fake-ids", busybox + " mount -t tmpfs -o mode=z,uid=5 none", "", "Invalid argument"},
		{"-r --fake-ids", busybox + " mount -t tmpfs -o uid=5 none", "", "permission denied"},
		{"-rm", program + " mount", "", "Invalid argument"},
		{"-rm", program + " fsopen", "", "Invalid argument"},
	} {
		script := c.command + " " + where + " && sed -n 's|.* " + where + " .* - ||p' /proc/self/mountinfo"
		r := run(t, append(words(c.options), "sh", "-c", script)...)
		if (r.status == 0) != (c.err == "") || !strings.HasPrefix(r.out, c.want) || !strings.Contains(r.err, c.err) {
			t.Errorf("%s %s: %+v", c.options, c.command, r)
		}
	}
}

// Programs of every architecture.
func TestMountForOthersForeign(t *testing.T) {
	const script = "mount -t devpts -o gid=5,mode=620 none /tmp && sed -n 's|.* /tmp .* - ||p' /proc/self/mountinfo"
	for arch := range arches {
		t.Run(arch, func(t *testing.T) {
			run(t, "-rmpf", "--fake-ids", "--load-binfmt", rule(t, arch), "--root="+tree(arch), "--mount-proc", "/bin/sh", "-c", script).
				want(t, "devpts none rw,mode=620,ptmxmode=000\n")
		})
	}
}
