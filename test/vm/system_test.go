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

// packageCases install packages that have scripts, as debootstrap's second stage begins with.
var packageCases = []testCase{
	{"install", enterSystem + `sh -c 'cd /var/cache/apt/archives; dpkg --force-depends --install base-passwd_* mawk_* >/dev/null 2>&1'`, prints("")},
	{"installed", enterSystem + "dpkg-query -W -f '${db:Status-Abbrev}${Package}\n'", prints("ii base-passwd\nii mawk\n")},
	{"program", enterSystem + `sh -c 'awk "BEGIN { print \"awk\" }"; id -un; uname -m'`, prints("awk\nroot\nFOREIGN\n")},
}

// stageCases are the whole second stage.
var stageCases = []testCase{
	{"second-stage", enterSystem + "/debootstrap/debootstrap --second-stage >/tmp/log 2>&1; status=$?; tail -n 1 /tmp/log; exit $status",
		prints("I: Base system installed successfully.\n")},
	{"all-installed", enterSystem + "dpkg-query -W -f '${db:Status-Abbrev}\n' | sort -u", prints("ii \n")},
	{"audit", enterSystem + "sh -c 'dpkg --audit; ls -d /debootstrap'", says(2, "No such file")},
	{"program", enterSystem + "perl -e 'print `uname -m`'", isForeign},
}

// An ordinary user installs packages in a foreign Debian system on each kernel, with the rules of
// the kernel where it has any for that user.
func TestPackages(t *testing.T) {
	if full() {
		inSystem(t, boots(), run{"package-cases", "", "2048", time.Hour}, packageCases)
	}
}

// The whole second stage takes a quarter of an hour in User-mode Linux, and hours where a processor
// is emulated on an emulated one.
func TestSecondStage(t *testing.T) {
	if full() {
		inSystem(t, userModeBoots(), run{"stage-cases", "", "3072", 2 * time.Hour}, stageCases)
	}
}

// inSystem runs cases on kernels for this machine, with a system that debootstrap has begun.
func inSystem(t *testing.T, boots []*boot, r run, cases []testCase) {
	if reason := lacking(); reason != "" {
		asuser.Skip(t, reason)
	}
	for _, b := range boots {
		if !b.isThisMachine() {
			continue // its kernel would be emulated, too
		}
		t.Run(b.name(), func(t *testing.T) {
			t.Parallel()
			dir := os.Getenv(asuser.Dir)
			r := r
			r.initrd = filepath.Join(t.TempDir(), "initramfs")
			join(t, r.initrd, b.file(dir, "initramfs"), systemFile(dir, b.host))
			began := time.Now()
			m := b.start(t, r)
			t.Logf("Linux %s: %v", m.release, time.Since(began).Round(time.Second))
			for _, c := range cases {
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
	a.cases("package-cases", packageCases)
	a.cases("stage-cases", stageCases)
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
