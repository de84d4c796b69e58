package test

import (
	"os"
	"testing"
)

// Programs that ask whether they are in a container are told, and none is refused.
func TestContainer(t *testing.T) {
	const ask = "cat /run/host/container-manager; tr '\\0' '\\n' </proc/1/environ; grep -c ^container= /proc/1/environ; echo $container"
	const answer = "xunshare\ncontainer=xunshare\n1\nxunshare\n"
	root := copyTree(t)
	check := untouched(t, root)
	for _, options := range []string{"", "--map=root", "--map=current --fake-ids", "--ephemeral", "--read-only", "--arch=all", "--tmpfs=/mnt/x",
		"--root=" + tree("arm64")} {
		into(t, root, options, ask).want(t, answer)
		check(t)
	}
	os.MkdirAll(root+"/run/lock", 0o755)
	os.Chmod(root+"/run/lock", 0o777|os.ModeSticky)
	write(t, root+"/run/empty", "", 0o600)
	write(t, root+"/run/full", "text", 0o644)
	check = untouched(t, root)
	into(t, root, "--map=root", "cd /run; stat -c %a lock empty; cat full; rm -r lock empty host; ls").want(t, "1777\n600\ntextfull\n")
	check(t)
	kept := t.TempDir() + "/kept"
	for range 2 {
		into(t, root, "--ephemeral="+kept, ask).want(t, answer)
	}
	check(t)
	into(t, root, "--tmpfs=/run", "ls -A /run").want(t, "")
	inTree(t, root, "-rpf --init --mount-proc", "ls -A /run").want(t, "empty\nfull\nlock\n")
}

// What covers a file in /proc would keep new ones from being mounted in the namespaces inside.
func TestContainerNests(t *testing.T) {
	nested := "unshare -rmpf --mount-proc sh -c 'echo $$; tr \"\\0\" \"\\n\" </proc/1/environ | grep -c ^container='"
	for _, options := range []string{"", "--map=root", "--map=current --fake-ids", "--ephemeral", "--arch=all"} {
		into(t, system(native), options, nested).want(t, "1\n1\n")
	}
	into(t, system(native), "--map=root", "umount -R /proc && mount -t proc proc /proc && cat /proc/self/stat >/dev/null").want(t, "")
	for _, arch := range []string{native, foreignDebian} {
		r := into(t, system(arch), "", "ischroot; echo $?; cat /proc/1/environ >/dev/null")
		r.want(t, "1\n")
	}
}

// What the program itself is process 1 of says what it says.
func TestContainerNoInit(t *testing.T) {
	inTree(t, tree(native), "-rpf --mount-proc --setenv=container=x", "tr '\\0' '\\n' </proc/1/environ | grep ^container=").want(t, "container=x\n")
}
