package root

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// A system may forbid programs in memory, where copies of emulators are: by default (1), or
// altogether (2). The setting is the pid namespace's (Linux 6.6).
func TestNoPrograms(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root can try what root can do")
	}
	dir := os.Getenv(asuser.Dir)
	for setting, want := range map[string]string{
		"1": "",
		"2": "vm.memfd_noexec=2 lets no program be run from memory (memfd_create(2): permission denied)\n" +
			"xunshare: hint: an administrator can allow it: sysctl vm.memfd_noexec=1\n",
	} {
		script := "echo " + setting + " >/proc/sys/vm/memfd_noexec && exec setpriv --reuid=1000 --regid=1000 --clear-groups $X -r --arch=auto --cpu=max true"
		cmd := exec.Command("unshare", "-pf", "--mount-proc", "sh", "-c", script)
		cmd.Env = append(os.Environ(), "X="+dir+"/xunshare")
		out, _ := cmd.CombinedOutput()
		if got := string(out); !strings.HasSuffix(got, want) || strings.Count(got, "\n") != strings.Count(want, "\n") {
			t.Errorf("vm.memfd_noexec=%s: %s", setting, got)
		}
	}
}
