package test

import "testing"

// Root inside cannot remove by accident what runs its programs, unless it has asked for that.
func TestRulesAreReadOnly(t *testing.T) {
	const spoil = "for f in status qemu-aarch64 register; do echo -1 >/proc/sys/fs/binfmt_misc/$f; done 2>/dev/null; /bin/busybox uname -m"
	for _, options := range []string{"-rmpf --root=", "--into="} {
		run(t, append(words("--map=root --arch=arm64 "+options+tree("arm64")), "/bin/sh", "-c", spoil)...).want(t, "aarch64\n")
	}
	run(t, "-rpf", "-l", rule(t, "arm64"), "--root="+tree("arm64"), "/bin/sh", "-c", spoil).want(t, "aarch64\n")
	// A mount of it that somebody makes is no other.
	anew := "umount /proc/sys/fs/binfmt_misc; mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && ls /proc/sys/fs/binfmt_misc/qemu-aarch64; "
	run(t, "-rpf", "--arch=arm64", "--root="+tree("arm64"), "sh", "-c", anew+"echo -1 2>/dev/null >/proc/sys/fs/binfmt_misc/status; uname -m").
		want(t, "/proc/sys/fs/binfmt_misc/qemu-aarch64\naarch64\n")
	script := "echo -1 >/proc/sys/fs/binfmt_misc/status && ls /proc/sys/fs/binfmt_misc; " + tree("arm64") + "/bin/busybox uname -m"
	r := run(t, "-r", "--arch=arm64", "--mount-binfmt", "sh", "-c", script)
	if r.status == 0 || r.out != "status\nregister\n" && r.out != "register\nstatus\n" {
		t.Errorf("with --mount-binfmt: %+v", r)
	}
}

// Packages that manage rules install inside, and take nothing away.
func TestPackagesLeaveTheRules(t *testing.T) {
	needMirror(t)
	const script = `export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install -y --no-install-recommends systemd binfmt-support qemu-user-static >/dev/null 2>&1; echo $?
dpkg --audit
/lib/systemd/systemd-binfmt 2>/dev/null
update-binfmts --disable qemu-aarch64 2>/dev/null
/mnt/busybox uname -m`
	options := "--ephemeral --map=root --fake-ids --arch=arm64 --ro-bind=" + tree("arm64") + "/bin/busybox:/mnt/busybox"
	into(t, system(native), options, script).want(t, "0\naarch64\n")
}
