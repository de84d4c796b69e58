package root

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// What is asked decides whether the program is a child, never the thread that the scheduler has chosen: with a time namespace and
// without --fork it is not, like with unshare(1), and keeps the pid. The processors are kept busy, so that threads change.
func TestTimeNeedsNoChild(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root may make these namespaces without a user namespace")
	}
	for range 3 {
		busy := exec.Command("sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
		defer busy.Wait()
		defer busy.Process.Kill()
	}
	for range 30 {
		cmd := exec.Command(os.Getenv(asuser.Dir)+"/xunshare", "-muinpCT", "sh", "-c", "echo $$")
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		if err := cmd.Run(); err != nil || out.String() != fmt.Sprintln(cmd.Process.Pid) {
			t.Fatalf("%v: the program was %s, xunshare %d", err, out.String(), cmd.Process.Pid)
		}
	}
}
