package test

import (
	"os/exec"
	"strings"
	"testing"
)

// Where the rules of the system do, no namespaces are needed, and so none insisted on; nor where
// programs can be traced.
func TestNoNamespaces(t *testing.T) {
	program := tree("arm64") + "/bin/busybox"
	const refuse = "echo 0 >/proc/sys/user/max_user_namespaces; "
	inner := func(options string) result {
		return run(t, "-r", "--arch=arm64", "--mount-binfmt", "/bin/sh", "-c", refuse+binary()+" "+options)
	}
	r := inner("--arch=arm64 " + program + " uname -m")
	if r.status != 0 || r.out != "aarch64\n" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "namespaces are refused here") {
		t.Errorf("%+v", r)
	}
	const unseen = refuse + "mount -t tmpfs none /proc/sys/fs/binfmt_misc; " // as in a container
	r = run(t, "-r", "--arch=arm64", "--mount-binfmt", "/bin/sh", "-c", unseen+binary()+" --binfmt=kernel --arch=arm64 "+program+" uname -m")
	if r.status != 0 || r.out != "aarch64\n" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "only if the host has a rule for it") {
		t.Errorf("%+v", r)
	}
	r = run(t, "-rm", "/bin/sh", "-c", unseen+binary()+" --binfmt=kernel --arch=arm64 "+program+" uname -m")
	if r.status != 1 || !strings.Contains(r.err, "clone: no space left") || !strings.Contains(r.err, "only if the host has a rule for it") {
		t.Errorf("%+v", r)
	}
	r = run(t, "-rm", "/bin/sh", "-c", unseen+binary()+" --arch=arm64,s390x "+program+" uname -m")
	if r.status != 0 || r.out != "aarch64\n" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, noteTraced) {
		t.Errorf("%+v", r)
	}
	for _, options := range []string{"--arch=arm64 -m ", "--arch=arm64 -r ", "--arch=none ", "--binfmt=kernel --arch=arm64 --arch=s390x "} {
		if r := inner(options + program + " uname -m"); r.status != 1 || !strings.Contains(r.err, "clone: no space left") {
			t.Errorf("%s: %+v", options, r)
		}
	}
}

// A helper whose owner a sandbox does not have cannot be mended by giving it to root.
func TestHelperInSandbox(t *testing.T) {
	for _, options := range []string{"--unshare-user", "--unshare-user --uid 0"} {
		args := append(words(options), "--dev-bind", "/", "/", binary(), "--map-auto", "true")
		r := finish(t, exec.Command("bwrap", args...))
		if r.status != 1 || strings.Contains(r.err, "chown") || !strings.Contains(r.err, "hint: ") {
			t.Errorf("%s: %+v", options, r)
		}
	}
}
