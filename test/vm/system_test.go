package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/test/asuser"
)

// enterSystem enters the Debian system that is the user's, with one id.
const enterSystem = "user xunshare --into=/system --map=root --fake-ids --suppress-sync "

// systemCases finish a Debian system that debootstrap has begun elsewhere.
var systemCases = []testCase{
	{"second-stage", enterSystem + "/debootstrap/debootstrap --second-stage >/tmp/log 2>&1; status=$?; tail -n 1 /tmp/log; exit $status",
		prints("I: Base system installed successfully.\n")},
	{"all-installed", enterSystem + "dpkg-query -W -f '${db:Status-Abbrev}\\n' | sort -u", prints("ii \n")},
	{"audit", enterSystem + "sh -c 'dpkg --audit; ls -d /debootstrap'", says(2, "No such file")},
	{"program", enterSystem + "perl -e 'print `uname -m`'", isForeign},
}

// A Debian system is finished by an ordinary user on each kernel, with the rules of the kernel
// where it has any for that user.
func TestSecondStage(t *testing.T) {
	if !full() {
		return // a quarter of an hour for each kernel
	}
	if reason := lacking(); reason != "" {
		asuser.Skip(t, reason)
	}
	for _, b := range boots() {
		if !b.isThisMachine() {
			continue // its kernel would be emulated, too
		}
		t.Run(b.name(), func(t *testing.T) {
			t.Parallel()
			initrd := filepath.Join(t.TempDir(), "initramfs")
			join(t, initrd, b.file(os.Getenv(asuser.Dir), "initramfs"), systemFile(os.Getenv(asuser.Dir), b.host))
			began := time.Now()
			m := b.start(t, run{"system-cases", initrd, "2048", 2 * time.Hour})
			t.Logf("Linux %s: %v", m.release, time.Since(began).Round(time.Second))
			for _, c := range systemCases {
				t.Run(c.name, func(t *testing.T) { m.judge(t, c) })
			}
		})
	}
}

// systemFile is the archive with the system for a host, which is unpacked over the initramfs.
func systemFile(dir string, h *host) string { return filepath.Join(dir, "system-"+h.guest) }

// prepareSystem begins a system for the guest architecture of a host.
func prepareSystem(dir string, h *host) error {
	a := &archive{}
	a.cases("system-cases", systemCases)
	a.owner = userID
	a.tree("system/", a.output(firstStage(dir, h.guest)))
	a.end()
	if a.err != nil {
		return a.err
	}
	return os.WriteFile(systemFile(dir, h), a.Bytes(), 0o644)
}

// firstStage begins a system for an architecture, once.
func firstStage(dir, arch string) *exec.Cmd {
	cmd := script("get-debian", "--first-stage", arch)
	cmd.Env = append(os.Environ(), "XUNSHARE="+builtFor(dir, runtime.GOARCH))
	return cmd
}

// join writes one file after the other.
func join(t *testing.T, to string, from ...string) {
	var all strings.Builder
	for _, file := range from {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	if err := os.WriteFile(to, []byte(all.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
