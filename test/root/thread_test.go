package root

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// What is asked decides whether the program is a child, never the thread that the scheduler has
// chosen: with a time namespace and without --fork it is not, like with unshare(1), and keeps the
// pid. The processors are kept busy, so that threads change.
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

// A program that is executed in place has the caller's timer slack; that of a real-time process is
// 0, and stays so.
func TestTimerSlackInPlace(t *testing.T) {
	const python = `import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.prctl(29, 77777)
if sys.argv[1] == "fifo":
	try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
	except PermissionError: pass
slack = libc.prctl(30)
out = os.popen(" ".join(sys.argv[2:])).read()
print(slack, out, end="")
assert out == "%d\n" % slack`
	for _, policy := range []string{"other", "fifo"} {
		for _, options := range []string{"-m", "-mf"} {
			out, err := exec.Command("python3", "-c", python, policy, os.Getenv(asuser.Dir)+"/xunshare", options, "cat", "/proc/self/timerslack_ns").CombinedOutput()
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", policy, options, err, out)
			}
			t.Logf("%s, %s: %s", policy, options, out)
		}
	}
}
