package root

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// A launch that fails keeps no namespace, whatever it fails at.
func TestKeptOfFailedLaunch(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root may keep a namespace")
	}
	dir, file := os.Getenv(asuser.Dir), t.TempDir()+"/uts"
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for options, kept := range map[string]bool{
		"true":                               true,
		"/nosuch":                            false,
		"-m /nosuch":                         false,
		"--fork /nosuch":                     false,
		"-pf --init /nosuch":                 false,
		"-f --wd=/nosuch true":               false,
		"--net=/nosuch true":                 false,
		"-f --ipc=/nosuch true":              false,
		"-f --map-users=5:5:1 --uts /nosuch": false,
	} {
		out, err := exec.Command(dir+"/xunshare", append([]string{"--uts=" + file}, strings.Fields(options)...)...).CombinedOutput()
		mounts, _ := os.ReadFile("/proc/self/mountinfo")
		if got := strings.Contains(string(mounts), file); got != kept || (err == nil) != kept {
			t.Errorf("%s: kept: %v, want %v: %v, %s", options, got, kept, err, out)
		}
		exec.Command("umount", file).Run()
	}
}
