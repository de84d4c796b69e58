package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// worlds are what an ordinary user can be root of: an id, or with sub-ids a whole system of them.
// In the one su changes nothing, in the other it is real.
var worlds = map[string]string{"root": "uid=0(root)", "subids": "uid=1000(joe)"}

// followers says who follows the rules in each of them: what one has shown for a system holds for
// both.
var followers = map[string]string{"root": "trace", "subids": "kernel"}

// debians are the architectures of a full run; the first is in every run.
var debians = words("ppc64el arm64 s390x armhf amd64")

// grow is what one does with a new system: packages whose scripts make users, groups and
// set-group-ID files, an upgrade, a user, and becoming that user.
const grow = `export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends sudo openssh-client man-db cron adduser
apt-get upgrade -y -qq
adduser --disabled-password --gecos "" joe
dpkg --audit
su - joe -c id
sudo -u joe id`

// buildHello makes a package of Debian from its source, installs and runs it.
const buildHello = `export DEBIAN_FRONTEND=noninteractive
sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/source.list
apt-get update -qq
apt-get install -y -qq --no-install-recommends build-essential
cd "$(mktemp -d)"
apt-get build-dep -y -qq --no-install-recommends hello
apt-get source -qq hello
cd hello-*
dpkg-buildpackage -b -us -uc
dpkg -i ../hello_*.deb
hello`

// An ordinary user makes a foreign Debian system from nothing in one line, with nothing of ours
// left in it, and maintains it, in both worlds.
func TestDebootstrap(t *testing.T) {
	needSubIDs(t)
	full := os.Getenv("XUNSHARE_TEST_FULL") != ""
	for i, arch := range debians {
		for ids, joe := range worlds {
			if i > 0 && !full {
				continue
			}
			t.Run(arch+"/"+ids, func(t *testing.T) {
				t.Parallel()
				root := debian(t, arch, ids)
				enter := words("--into=" + root + " --map=" + ids + " --binfmt=" + followers[ids] + " --fake-ids --suppress-sync sh -ec")
				r := run(t, append(enter, grow)...)
				lines := strings.Split(strings.TrimSpace(r.out), "\n")
				last := lines[max(0, len(lines)-2):]
				if r.status != 0 || len(last) < 2 || !strings.HasPrefix(last[0], joe) || last[1] != last[0] {
					t.Errorf("status %d, %q\n%s\n%s", r.status, last, r.out, r.err)
				}
				if !full {
					return
				}
				if r := run(t, append(enter, buildHello)...); r.status != 0 || !strings.HasSuffix(r.out, "Hello, world!\n") {
					t.Errorf("building a package: %+v", r)
				}
			})
		}
	}
}

// The script says what it lacks, and how to remove what it left.
func TestDebianTreeErrors(t *testing.T) {
	for script, want := range map[string]string{
		"xunshare() { :; }; set -- arm64 /tmp/x; . /mnt/debian-tree": "debian-tree: debootstrap is not installed\n",
		"/mnt/debian-tree arm64 /tmp/x":                              "debian-tree: xunshare is not installed\n",
		"/mnt/debian-tree arm64 /tmp":                                "debian-tree: /tmp is there already\n",
		"mkdir -p /tmp/x/debootstrap; /mnt/debian-tree arm64 /tmp/x": "debian-tree: /tmp/x is there already\ndebian-tree: what an earlier run left is removed by: xunshare --map=auto rm -rf /tmp/x\n",
		"/mnt/debian-tree arm64 /nosuch/x":                           "debian-tree: there is no directory /nosuch; make it: mkdir -p /nosuch\n",
		"/mnt/debian-tree arm64":                                     "usage: debian-tree ARCH TREE [SUITE [MIRROR]]\n",
	} {
		if r := into(t, system(native), "--tmpfs=/tmp --ro-bind=../examples:/mnt", script); r != (result{"", want, 1}) {
			t.Errorf("%s: %+v", script, r)
		}
	}
}

// debian makes a system, by the script that is there for everybody.
func debian(t *testing.T, arch, ids string) string {
	t.Helper()
	source := read(t, "source", "source")
	root := filepath.Join(t.TempDir(), "tree")
	t.Cleanup(func() { run(t, "--map="+ids, "rm", "-rf", root) })
	cmd := exec.Command("../examples/debian-tree", append([]string{arch, root}, words(source)...)...)
	cmd.Env = append(os.Environ(), "MAP="+ids, "BINFMT="+followers[ids], "PATH="+filepath.Dir(binary())+":"+os.Getenv("PATH"))
	began := time.Now()
	if r := finish(t, cmd); r.status != 0 {
		log, _ := os.ReadFile(root + "/debootstrap/debootstrap.log")
		t.Fatalf("debootstrap: %+v\n%s", r, log)
	}
	t.Logf("debootstrap took %v", time.Since(began).Round(time.Second))
	if left, err := os.ReadDir(root + "/debootstrap"); err == nil {
		t.Errorf("left behind: %v", left)
	}
	return root
}

// fetchSource notes the suite and the mirror that this machine has Debian from.
func fetchSource(dir string) error {
	source, err := script("get-source", debians[0])
	if err != nil {
		return err
	}
	return os.WriteFile(dir+"/source", []byte(source), 0o644)
}
