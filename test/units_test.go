package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const unit = "../examples/systemd/foreign-tests.service"

// systemd has nothing to say against the units, and what the service starts runs where it starts
// it.
func TestUserUnit(t *testing.T) {
	home := t.TempDir()
	verify := exec.Command("systemd-analyze", "verify", "--user", "--man=no", unit, strings.Replace(unit, "service", "timer", 1))
	verify.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+home)
	finish(t, verify).want(t, "")

	setting := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindStringSubmatch(textOf(t, unit))
		if found == nil {
			t.Fatalf("%s has no %s", unit, name)
		}
		return strings.ReplaceAll(found[1], "%h", home)
	}
	if err := os.Symlink(buildTree("arm64"), home+"/arm64"); err != nil {
		t.Fatal(err)
	}
	dir := setting("WorkingDirectory")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/Makefile", "check:\n\t@uname -m\n", 0o644)
	for _, privileges := range []string{"", "setpriv --no-new-privs "} {
		cmd := exec.Command("sh", "-c", privileges+setting("ExecStart"))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary())+":"+os.Getenv("PATH"))
		finish(t, cmd).want(t, "aarch64\n")
	}
}
