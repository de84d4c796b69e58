package seccomp

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) { asuser.Main(m, prepare) }

// prepare copies the lists of numbers that package golang.org/x/sys has for each machine, from the
// module cache of who starts the tests.
func prepare(dir string) error {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		return err
	}
	files, err := filepath.Glob(strings.TrimSpace(string(module)) + "/unix/zsysnum_linux_*.go")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// ranges are what the tests call mapped. Root of the test's namespace has only the first id of each
// really, so that a call for one of the others fails, and shows that it has been made.
var users, groups = []idmap.Range{{First: 100, Count: 3}, {First: 0, Count: 1}}, []idmap.Range{{First: 0, Count: 1}, {First: 200, Count: 2}}

func faking() Options    { return Options{FakeIDs: true, Users: users, Groups: groups} }
func unsynced() Options  { return Options{NoSync: true} }
func notifying() Options { return Options{FakeIDs: true, Nodes: true, Users: users, Groups: groups} }
