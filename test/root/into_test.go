package root

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/asuser"
)

// Root has all ids, and so may change the trees of others; with one id mapped alone it may not, and is told so.
func TestIntoOthersTree(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root can try what root can do")
	}
	dir, root := os.Getenv(asuser.Dir), t.TempDir()+"/tree"
	for _, argv := range [][]string{{"cp", "-a", dir + "/tree/.", root}, {"mkdir", "-p", root + "/run"}, {"chown", "-R", "1000:1000", root}} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	const note = "xunshare: note: "
	for _, c := range []struct {
		options []string
		want    string
	}{
		{nil, "0\n1000\n"},
		{[]string{"--ephemeral"}, "0\n1000\n"},
		{[]string{"--map=root"}, note + root + " is another user's, so it is read-only inside; copy the tree to make changes\ntouch: /etc/x: Read-only file system\n"},
	} {
		args := append([]string{"--into=" + root}, c.options...)
		out, _ := exec.Command(dir+"/xunshare", append(args, "/bin/sh", "-c", "touch /etc/x && stat -c %u /etc/x /etc")...).CombinedOutput()
		if got := string(out); got != c.want {
			t.Errorf("%s: %q, want %q", strings.Join(c.options, " "), got, c.want)
		}
		os.Remove(root + "/etc/x")
	}
}
