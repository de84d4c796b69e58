package difftest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Unshare is the environment variable that names another unshare(1) to compare with, besides the
// installed one.
const Unshare = "XUNSHARE_TEST_UNSHARE"

// A tool is a program that is tried.
type tool struct {
	path    string
	version version
}

// version is that of a release of util-linux.
type version struct{ major, minor, patch int }

func parseVersion(s string) (v version) {
	fmt.Sscanf(s, "%d.%d.%d", &v.major, &v.minor, &v.patch)
	return v
}

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

// before tells whether v is older than the release s; "" is older than any.
func (v version) before(s string) bool {
	w := parseVersion(s)
	return cmp.Or(cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor), cmp.Compare(v.patch, w.patch)) < 0
}

// references are the unshare(1)s that there are.
func references(t *testing.T) (list []tool) {
	t.Helper()
	for _, name := range []string{"unshare", os.Getenv(Unshare)} {
		if name == "" {
			continue
		}
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path, "--version").Output()
		_, number, ok := strings.Cut(string(out), "util-linux ")
		if err != nil || !ok {
			t.Fatalf("%s --version: %q: %v", path, out, err)
		}
		list = append(list, tool{path, parseVersion(number)})
	}
	return list
}
