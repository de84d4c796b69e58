package vm

// testCase is a script that root runs in the virtual machine, and what is to come of it. What it
// changes it changes back.
type testCase struct {
	name, script string
	check        check
}

const (
	enter        = "user xunshare -rm --root=/nativetree "
	loadRule     = `user xunshare -r --load-binfmt "$(cat /rule)" `
	enterForeign = loadRule + "--root=/foreigntree "
)

// isForeign is for what is printed by a foreign program that has been run.
var isForeign = prints("FOREIGN\n")

// withoutModule is for a machine that has no binfmt_misc.
const withoutModule = `
umount /proc/sys/fs/binfmt_misc
busybox rmmod binfmt_misc
trap 'busybox insmod /binfmt_misc.ko; mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc' EXIT
`

// execs compares what executions come to under rules of the kernel, for everybody, and under a
// tracer.
const execs = `
user sh /execs make /tmp/execs /shown
trap 'rm -r /tmp/execs' EXIT
for flags in "" OCF; do # 5.10 does not tell the interpreter of flag P
	sh /execs rules "$flags" /tmp/execs /shown >/tmp/rules
	while read -r rule; do echo "$rule" >/proc/sys/fs/binfmt_misc/register; done </tmp/rules
	user xunshare -r sh /execs run /tmp/execs /caller >/tmp/kernel 2>&1
	for name in frgn ext scrp chnd; do echo -1 >/proc/sys/fs/binfmt_misc/$name; done
	user xunshare -r --binfmt=trace $(sed s/^/--load-binfmt=/ /tmp/rules) sh /execs run /tmp/execs /caller >/tmp/traced 2>&1
	grep -c ^== /tmp/traced
	diff /tmp/kernel /tmp/traced
done`

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

	{"into", "user 2>/dev/null xunshare --into=/nativetree --arch=$native /bin/sh -c 'cat /run/host/container-manager; tr \"\\0\" \"\\n\" </proc/1/environ'",
		prints("xunshare\ncontainer=xunshare\n")},
	{"into-nested", "user 2>/dev/null xunshare --into=/nativetree --arch=$native /bin/busybox unshare -Urmpf --mount-proc /bin/sh -c 'echo $$ /proc/[0-9]*'", prints("1 /proc/1\n")},

	{"time", "user xunshare -rT --boottime=1000000 cut -c1-4 /proc/uptime", prints("1000\n")},

	{"own-rule", enterForeign + "/bin/uname -m", isForeign},
	{"own-rule-kernel", loadRule + "--binfmt=kernel --root=/foreigntree /bin/uname -m", ownRules(isForeign, tooOld)},
	{"own-rule-nested", loadRule + "--root=/nativetree /bin/busybox unshare -U /foreigntree/bin/uname -m", isForeign},
	{"own-rule-no-root", loadRule + "/foreigntree/bin/uname -m", isForeign},
	{"arch", "user xunshare --arch=auto --root=/foreigntree /bin/uname -m", isForeign},
	{"arch-kernel", "user xunshare --binfmt=kernel --arch=auto --root=/foreigntree /bin/uname -m", ownRules(isForeign, tooOld)},
	{"arch-traced", "user xunshare --binfmt=trace --arch=auto --root=/foreigntree /bin/uname -m", isForeign},
	{"arch-verbose", "user xunshare --verbose --arch=$guest /foreigntree/bin/uname -m", ownRules(says(0, "FOREIGN: QEMU"), says(0, "xunshare follows the rules, by tracing"))},
	{"arch-no-root", "user xunshare --arch=$guest /foreigntree/bin/sh -c 'id -u; /foreigntree/bin/uname -m'", prints("1000\nFOREIGN\n")},
	{"emulator-options", "user xunshare --arch=$guest --emulator-env QEMU_UNAME=7.7.7 /foreigntree/bin/sh -c 'busybox env -i /foreigntree/bin/uname -r'", prints("7.7.7\n")},
	{"into-foreign", "user 2>/dev/null xunshare --into=/foreigntree /bin/sh -c 'uname -m; echo $$; cat /run/host/container-manager; (exit 3); echo $?'",
		prints("FOREIGN\n2\nxunshare\n3\n")},
	{"into-foreign-script", `user 2>/dev/null xunshare --into=/foreigntree /bin/sh -c 'printf "#!/bin/sh\necho \$0 \$*\n" >/tmp/s
chmod +x /tmp/s; /tmp/s 1 2; cd /tmp; ./s 3; busybox env ./s'`, prints("/tmp/s 1 2\n./s 3\n./s\n")},
	{"users-forbidden-traced", set("kernel/unprivileged_userns_clone") + "user 2>/dev/null xunshare --arch=$guest /foreigntree/bin/sh -c 'id -u; /foreigntree/bin/uname -m'",
		prints("1000\nFOREIGN\n")},
	{"traced-from-companion", "user xunshare --binfmt=trace --arch=$guest /companion/busybox sh -c '/foreigntree/bin/uname -m; /foreigntree/bin/nosuch; /foreigntree/bin/sh -c \"exit 3\"; echo $?'",
		prints("FOREIGN\nsh: /foreigntree/bin/nosuch: not found\n3\n")},
	{"traced-signals", `user xunshare --binfmt=trace --arch=$guest sh -c 'i=0; while [ $i -lt 6 ]; do
sh -c "trap : WINCH; (while kill -WINCH \$\$ 2>/dev/null; do :; done) & exec /foreigntree/bin/true" || echo failed; i=$((i+1)); done; echo over'`, says(0, "over")},
	{"traced-yama-1", scope("1") + "user xunshare --binfmt=trace --arch=$guest /foreigntree/bin/sh -c '/foreigntree/bin/uname -m'", isForeign},
	{"traced-yama-2", scope("2") + "user xunshare -r --binfmt=trace --arch=$guest /foreigntree/bin/uname -m", isForeign},
	{"traced-yama-2-wrap", scope("2") + "user xunshare --binfmt=trace --arch=$guest /foreigntree/bin/uname -m", says(126, "kernel.yama.ptrace_scope")},
	{"apparmor-traced", confine("docker-default") + "user 2>/dev/null xunshare --arch=$guest /foreigntree/bin/uname -m", isForeign},
	{"traced-set-id", "cp /foreigntree/bin/busybox /tmp/id; chmod 4755 /tmp/id; trap 'rm /tmp/id' EXIT; user xunshare --binfmt=trace --arch=$guest /tmp/id -u", prints("1000\n")},
	{"traced-other-user", "/caller unseeing /bin/xunshare --binfmt=trace --arch=$guest /bin/sh -c 'user sh -c \"id -u; /foreigntree/bin/uname -m\"; /foreigntree/bin/uname -m'",
		prints("1000\nFOREIGN\nFOREIGN\n")},
	{"traced-execs", execs, prints("104\n104\n")},
	{"arch-served-by-host", `
xunshare --print-rule=$guest >/proc/sys/fs/binfmt_misc/register
trap 'echo -1 >/proc/sys/fs/binfmt_misc/qemu-$foreign' EXIT
user xunshare --arch=auto --root=/foreigntree /bin/uname -m`, isForeign},
	{"no-module", withoutModule + enterForeign + "/bin/uname -m", isForeign},
	{"no-module-kernel", withoutModule + loadRule + "--binfmt=kernel --root=/foreigntree /bin/uname -m", ownRules(refuses("modprobe binfmt_misc"), tooOld)},
	{"rule-for-everybody", `
xunshare --print-rule=$guest >/proc/sys/fs/binfmt_misc/register
trap 'echo -1 >/proc/sys/fs/binfmt_misc/qemu-$foreign' EXIT
user xunshare -r --root=/foreigntree /bin/uname -m`, isForeign},

	{"doctor", "user xunshare --doctor", ownRules(finds("ok       binfmt_misc", "ok       tracing"),
		finds("limited  kernel", "rules of a user namespace's own (since 6.7)", "limited  binfmt_misc", "by tracing", "ok       emulator-FOREIGN"))},
	{"doctor-users-forbidden", set("kernel/unprivileged_userns_clone") + "user xunshare --doctor",
		diagnoses("no       user-namespaces", "kernel.unprivileged_userns_clone=1", "for want of: user-namespaces")},
	{"doctor-apparmor", confine("docker-default") + "user xunshare --doctor",
		diagnoses("ok       user-namespaces", "no       mounts", "docker-default", "denies mounts")},
	{"doctor-initramfs", "user xunshare --doctor", finds("ok       mounts ")},

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

// scope sets who may trace others (Documentation/admin-guide/LSM/Yama.rst).
func scope(value string) string {
	const file = "/proc/sys/kernel/yama/ptrace_scope"
	return "was=$(cat " + file + "); trap 'echo $was >" + file + "' EXIT; echo " + value + " >" + file + "\n"
}

// set makes a setting 0 while the script runs.
func set(name string) string {
	file := "/proc/sys/" + name
	return "was=$(cat " + file + "); trap 'echo $was >" + file + "' EXIT; echo 0 >" + file + "\n"
}
