package verb_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/attend"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/supervise"
	"github.com/xunshare/xunshare/internal/verb"
	"github.com/xunshare/xunshare/test/asuser"
)

// The test binary is its own child: with this variable set it performs the plan of that name and
// exits as the target did, so that every verb is tried in the real kernel, in a process that it may
// ruin.
const planName = "XUNSHARE_TEST_PLAN"

func TestMain(m *testing.M) {
	if name := os.Getenv(planName); name != "" {
		if p, ok := lasting[name]; ok {
			perform(p)
		}
		perform(allPlans()[name])
	}
	asuser.Main(m, nil)
}

// allPlans are those of all tables.
func allPlans() map[string]testPlan {
	all := maps.Clone(plans)
	maps.Copy(all, mountPlans)
	return all
}

func perform(p testPlan) {
	status, err := launch.Run(p.steps(), p.wait, attend.Parent{Meet: func(pid int) { fmt.Println("met", pid > 1) }, Listen: refuse, Note: func(s string) { fmt.Println(s) }})
	var failed *verb.Error
	if errors.As(err, &failed) {
		fmt.Printf("failed: %v\nerrno %d operation %s path %s\n", err, failed.Errno, failed.Operation, failed.Path)
		os.Exit(99)
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(98)
	}
	status.Exit()
}

// testPlan is a plan that a test performs in a process of its own.
type testPlan struct {
	steps func() []verb.Step
	wait  supervise.Wait
	exit  int
	want  string // what the target prints has to contain
}

func start(name string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), planName+"="+name)
	return cmd
}

func TestPlans(t *testing.T) {
	for name, p := range allPlans() {
		t.Run(name, func(t *testing.T) {
			cmd := start(name)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != p.exit || !strings.Contains(string(out), p.want) {
				t.Errorf("exit %d, want %d; printed %q, want %q", code, p.exit, out, p.want)
			}
		})
	}
}
