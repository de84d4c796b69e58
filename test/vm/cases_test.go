package vm

// testCase is a script that root runs in the virtual machine, and what is to come of it. What it
// changes it changes back.
type testCase struct {
	name, script string
	check        check
}

const (
	enter      = "user xunshare -rm --root=/nativetree "
	loadRule   = `user xunshare -r --load-binfmt "$(cat /rule)" `
	enterArm64 = loadRule + "--root=/arm64tree "
)

// aarch64 is printed by a foreign program that has been run.
var aarch64 = prints("aarch64\n")

var tooOld = refuses("Linux 6.7", "RELEASE", "administrator")

var cases = []testCase{
	// Every other case is about a root that pivot_root(2) cannot leave, and an ordinary user.
	{"initramfs", `awk '$2 == "/" { print $3 }' /proc/mounts`, prints("rootfs\n")},
	{"ordinary-user", "user id -u", prints("1000\n")},

	{"map-root-user", "user xunshare -r id -u", prints("0\n")},
	{"root-is-cwd", "cd /tmp; " + enter + "/bin/busybox pwd", prints("/\n")},
	{"root-is-tree", "ls /nativetree >/tmp/tree; " + enter + "/bin/busybox ls / | cmp - /tmp/tree", prints("")},
	{"root-is-top", "cd /tmp; " + enter + "/bin/sh -c '[ ! -e /init ] && [ ! -e ../init ] && [ ! -e ../../init ]'", prints("")},
	{"root-with-proc", enter + "--fork --pid --mount-proc /bin/sh -c 'echo /proc/[0-9]*'", prints("/proc/1\n")},

	{"nested-unshare", enter + "/bin/busybox unshare -U id -u", prints("65534\n")},
	{"nested-xunshare", enter + "--fork --pid --mount-proc xunshare -rm --root=/inner /bin/sh -c 'echo /inner*'", prints("/innermost\n")},

	{"into", "user 2>/dev/null xunshare --into=/nativetree --arch=amd64 /bin/sh -c 'cat /run/host/container-manager; tr \"\\0\" \"\\n\" </proc/1/environ'",
		prints("xunshare\ncontainer=xunshare\n")},
	{"into-nested", "user 2>/dev/null xunshare --into=/nativetree --arch=amd64 /bin/busybox unshare -Urmpf --mount-proc /bin/sh -c 'echo $$ /proc/[0-9]*'", prints("1 /proc/1\n")},

	{"time", "user xunshare -rT --boottime=1000000 cut -c1-4 /proc/uptime", prints("1000\n")},

	{"own-rule", enterArm64 + "/bin/uname -m", ownRules(aarch64, tooOld)},
	{"own-rule-nested", loadRule + "--root=/nativetree /bin/busybox unshare -U /arm64tree/bin/uname -m", ownRules(aarch64, tooOld)},
	{"own-rule-no-root", loadRule + "/arm64tree/bin/uname -m", ownRules(aarch64, tooOld)},
	{"arch", "user xunshare --arch=auto --root=/arm64tree /bin/uname -m", ownRules(aarch64, tooOld)},
	{"arch-served-by-host", `
cat /rule >/proc/sys/fs/binfmt_misc/register
trap 'echo -1 >/proc/sys/fs/binfmt_misc/qemu-aarch64' EXIT
user xunshare --arch=auto --root=/arm64tree /bin/uname -m`, aarch64},
	{"no-module", `
umount /proc/sys/fs/binfmt_misc
busybox rmmod binfmt_misc
trap 'busybox insmod /binfmt_misc.ko; mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc' EXIT
` + enterArm64 + "/bin/uname -m", ownRules(refuses("modprobe binfmt_misc"), tooOld)},
	{"rule-for-everybody", `
cat /rule >/proc/sys/fs/binfmt_misc/register
trap 'echo -1 >/proc/sys/fs/binfmt_misc/qemu-aarch64' EXIT
user xunshare -r --root=/arm64tree /bin/uname -m`, aarch64},

	// There is no emulator for the whole system, but the doctor finds out more than that.
	{"doctor", "user xunshare --doctor --arch=arm64", ownRules(diagnoses("ok       binfmt_misc"), diagnoses(
		"limited  kernel", "rules of a user namespace's own (6.7)", "no       binfmt_misc", "since Linux 6.7", "no       emulator-aarch64"))},
	{"doctor-users-forbidden", set("kernel/unprivileged_userns_clone") + "user xunshare --doctor",
		diagnoses("no       user-namespaces", "kernel.unprivileged_userns_clone=1", "for want of: user-namespaces")},
	{"doctor-apparmor", confine("docker-default") + "user xunshare --doctor",
		diagnoses("ok       user-namespaces", "no       mounts", "docker-default", "denies mounts")},
	{"doctor-initramfs", "user xunshare --doctor", diagnoses("ok       mounts               the initramfs is covered")},

	// An overlay that can change what is another user's needs Linux 6.16, and its module.
	{"ephemeral-others", "user xunshare -r --ephemeral --root=/nativetree true", refuses("overlay")},

	{"apparmor-mounts", confine("docker-default") + "user xunshare -rm true", refuses("docker-default", "denies mounts", "apparmor=unconfined")},
	{"apparmor-root", confine("docker-default") + enter + "true", refuses("docker-default", "denies mounts")},
	{"apparmor-capabilities", "user sh -c '" + confine("no-capabilities") + "xunshare -r true'", refuses("no-capabilities", "denies capabilities in user namespaces")},

	{"users-forbidden", set("kernel/unprivileged_userns_clone") + "user xunshare -r true",
		refuses("kernel.unprivileged_userns_clone=1")},
	{"no-user-namespaces", set("user/max_user_namespaces") + "user xunshare -r true",
		refuses("user.max_user_namespaces=")},
}

// confine puts what follows under a profile of testdata/apparmor.
func confine(profile string) string {
	return "echo changeprofile " + profile + " >/proc/self/attr/current\n"
}

// set makes a setting 0 while the script runs.
func set(name string) string {
	file := "/proc/sys/" + name
	return "was=$(cat " + file + "); trap 'echo $was >" + file + "' EXIT; echo 0 >" + file + "\n"
}
