package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mmdebstraps are the users that make a system by mmdebstrap; the first is in every run, which
// takes a quarter of a minute. In the mode root it mounts a devpts for a user that there need not
// be. In the mode unshare it makes namespaces of its own, whose root may not write to the caller's
// folders.
var mmdebstraps = []struct{ mode, arch, ids string }{
	{"root", "amd64", "root"}, {"root", "amd64", "subids"}, {"root", "ppc64el", "root"}, {"root", "arm64", "root"},
	{"root", "arm64", "subids"}, {"unshare", "arm64", "subids"},
}

// An ordinary user makes a system by another tool, which is not told of xunshare.
func TestMmdebstrap(t *testing.T) {
	needSubIDs(t)
	for i, c := range mmdebstraps {
		if i > 0 && os.Getenv("XUNSHARE_TEST_FULL") == "" {
			return
		}
		t.Run(c.mode+"/"+c.arch+"/"+c.ids, func(t *testing.T) {
			t.Parallel()
			source := read(t, "source", "source")
			suite, mirror, _ := strings.Cut(source, " ")
			root := filepath.Join(t.TempDir(), "tree")
			t.Cleanup(func() { run(t, "--map="+c.ids, "rm", "-rf", root) })
			options, target := "--arch="+c.arch, root
			if c.mode == "root" {
				options += " --map=" + c.ids + " --fake-ids --suppress-sync --pid --init --mount-proc"
			} else {
				target += ".tar"
			}
			args := append(words(options), "mmdebstrap", "--mode="+c.mode, "--variant=minbase", "--architectures="+c.arch, suite, target)
			cmd := exec.Command(binary(), append(args, words(mirror)...)...)
			cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
			began := time.Now()
			if r := finish(t, cmd); r.status != 0 {
				t.Fatalf("mmdebstrap: %+v", r)
			}
			if target != root {
				run(t, "--map="+c.ids, "--fake-ids", "sh", "-c", `mkdir "$0" && tar -C "$0" -xpf "$1"`, root, target).want(t, "")
			}
			t.Logf("mmdebstrap took %v", time.Since(began).Round(time.Second))
			r := run(t, "--into="+root, "--map="+c.ids, "--fake-ids", "sh", "-c", "dpkg --audit && dpkg --print-architecture")
			if r.status != 0 || strings.TrimSpace(r.out) != c.arch {
				t.Errorf("%+v", r)
			}
		})
	}
}
