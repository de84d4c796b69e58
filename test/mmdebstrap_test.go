package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mmdebstraps are who makes a system by mmdebstrap --mode=root; the first is in every run, which takes a quarter of a minute.
var mmdebstraps = []struct{ arch, ids string }{{"amd64", "root"}, {"amd64", "subids"}, {"ppc64el", "root"}, {"arm64", "root"}, {"arm64", "subids"}}

// An ordinary user makes a system by another tool, which mounts a devpts for a group that there need not be.
func TestMmdebstrap(t *testing.T) {
	needSubIDs(t)
	for i, c := range mmdebstraps {
		if i > 0 && os.Getenv("XUNSHARE_TEST_FULL") == "" {
			return
		}
		t.Run(c.arch+"/"+c.ids, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(dir() + "/source")
			if err != nil {
				t.Fatal(err)
			}
			root := filepath.Join(t.TempDir(), "tree")
			t.Cleanup(func() { run(t, "--map="+c.ids, "rm", "-rf", root) })
			args := append([]string{"--map=" + c.ids, "--fake-ids", "--suppress-sync", "--arch=" + c.arch, "--pid", "--init", "--mount-proc", "--",
				"mmdebstrap", "--mode=root", "--variant=minbase", "--architectures=" + c.arch}, words(string(source))[0], root)
			cmd := exec.Command(binary(), append(args, words(string(source))[1:]...)...)
			cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
			began := time.Now()
			if r := finish(t, cmd); r.status != 0 {
				t.Fatalf("mmdebstrap: %+v", r)
			}
			t.Logf("mmdebstrap took %v", time.Since(began).Round(time.Second))
			r := run(t, "--into="+root, "--map="+c.ids, "--fake-ids", "sh", "-c", "dpkg --audit && dpkg --print-architecture")
			if r.status != 0 || strings.TrimSpace(r.out) != c.arch {
				t.Errorf("%+v", r)
			}
		})
	}
}
