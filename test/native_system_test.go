package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What debootstrap and apt-get make natively is what they make emulated, but for logs, caches, and what
// tells the time.
func TestNativeSystem(t *testing.T) {
	if os.Getenv("XUNSHARE_TEST_FULL") == "" {
		return // minutes; TestNativeBuild and TestNativeUpgrade are in every run
	}
	source := words(read(t, "source", "source"))
	first := t.TempDir() + "/first"
	if r := run(t, append(words("-r --fake-ids --suppress-sync --setenv=container=lxc debootstrap --foreign --arch=arm64 --variant=minbase"), source[0], first, source[1])...); r.status != 0 {
		t.Fatalf("%+v", r)
	}
	const script = `/debootstrap/debootstrap --second-stage >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends xz-utils cron >/dev/null 2>&1
		cd / && find . -xdev ! -path './var/log/*' ! -path './var/cache/*' ! -path './var/lib/apt/*' ! -path './dev/*' ! -path './run/*' ! -path './tmp/*' -printf '%P %y %m %U:%G %l\n' |
		LC_ALL=C sort; find etc usr var bin sbin lib -xdev -type f ! -path 'var/log/*' ! -path 'var/cache/*' ! -path 'var/lib/apt/*' -exec md5sum {} + | LC_ALL=C sort`
	var listed [2]string
	for i, option := range []string{"", "--native=@build,@deb,perl"} {
		root := filepath.Join(t.TempDir(), "tree")
		if out, err := exec.Command("cp", "-a", first, root).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		began := time.Now()
		r := run(t, append(words("--into="+root+" --map=root --fake-ids --suppress-sync --setenv=container=lxc "+option), "/bin/sh", "-ec", script)...)
		t.Logf("%q took %v", option, time.Since(began).Round(time.Second))
		if listed[i] = r.out; r.status != 0 || strings.Count(r.out, "\n") < 5000 {
			t.Fatalf("%q: status %d, %s", option, r.status, r.err)
		}
	}
	if listed[0] != listed[1] {
		t.Errorf("natively another system is made:\n%s", difference(listed[0], listed[1]))
	}
}

// What Go's compiler and linker make natively is what they make emulated, C in it included.
func TestNativeGo(t *testing.T) {
	if os.Getenv("XUNSHARE_TEST_FULL") == "" {
		return // minutes; TestGo of package native is in every run
	}
	const suite = "-bookworm-golang-go"
	const script = `cd /mnt && GOFLAGS=-trimpath GOCACHE=/tmp/cache go build -o /tmp/a . && /tmp/a && sha256sum /tmp/a && go vet . && go env GOARCH GOHOSTARCH
		env -u GOARCH "$(go env GOTOOLDIR)/compile" -V=full`
	root, twin := buildTree("arm64"+suite), buildTree("amd64"+suite)
	var made [2]string
	for i, option := range []string{"", "--native=@go --native-root=" + twin} {
		began := time.Now()
		r := into(t, root, "--tmpfs /tmp --bind testdata/go:/mnt "+option, script)
		t.Logf("%q took %v", option, time.Since(began).Round(time.Second))
		if made[i] = r.out; r.status != 0 || !regexp.MustCompile(`^42\n[0-9a-f]{64}  /tmp/a\narm64\narm64\ncompile version go.*\n$`).MatchString(r.out) {
			t.Fatalf("%q: %+v", option, r)
		}
	}
	if made[0] != made[1] {
		t.Errorf("natively another program is made:\n%s", difference(made[0], made[1]))
	}
	list := run(t, "--into="+root, "--native=@go", "--native-root="+twin, "--list-native")
	if !regexp.MustCompile(`(?m)^go-compile .* natively, .*/linux_amd64/compile$`).MatchString(list.out) {
		t.Errorf("%+v", list)
	}
}
