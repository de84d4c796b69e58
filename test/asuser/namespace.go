package asuser

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// insideVariable names the test that is to go on in namespaces of its own.
const insideVariable = "XUNSHARE_TEST_INSIDE"

// InNamespaces tells whether the test is root of a user namespace, with a mount namespace. If not,
// it runs the test again so, and takes over how that ends: the caller only has to return.
func InNamespaces(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideVariable) == t.Name() {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideVariable+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil && strings.Contains(string(out), "--- SKIP"):
		Skip(t, string(out))
	case err != nil || !strings.Contains(string(out), "--- PASS"):
		t.Errorf("in namespaces: %v\n%s", err, out)
	}
	return false
}
