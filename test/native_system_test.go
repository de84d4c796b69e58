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

// otherCompilers is of a tree that has Clang and Go, too.
const otherCompilers = "-bookworm-clang-golang-go"

// What the compilers of a set make natively is what they make emulated.
func TestNativeCompilers(t *testing.T) {
	if os.Getenv("XUNSHARE_TEST_FULL") == "" {
		return // minutes; the tests of package native are in every run
	}
	for set, c := range map[string]struct{ sources, script, want, native string }{
		"@go": {"testdata/go", `cd /mnt && GOFLAGS=-trimpath GOCACHE=/tmp/cache go build -o /tmp/a . && /tmp/a && sha256sum /tmp/a && go vet . && go env GOARCH GOHOSTARCH
			env -u GOARCH "$(go env GOTOOLDIR)/compile" -V=full`, `^42\n[0-9a-f]{64}  /tmp/a\narm64\narm64\ncompile version go.*\n$`, "go-compile"},
		"@clang": {"testdata/build", `cd /tmp && clang -g -c -o c.o /mnt/main.c && clang -O2 -c -o c2.o /mnt/main.c && clang++ -std=c++17 -g -o cc /mnt/main.cc && ./cc && clang++ -std=c++17 -flto -o lto /mnt/main.cc &&
			sha256sum c.o c2.o cc lto && env -u CCC_OVERRIDE_OPTIONS clang --version && clang --version && clang -print-file-name=libgcc.a && clang -print-resource-dir`, `^even .*\n(.*\n)*[0-9a-f]{64}  lto\n`, "clang"},
	} {
		t.Run(set, func(t *testing.T) {
			root, twin := buildTree("arm64"+otherCompilers), buildTree("amd64"+otherCompilers)
			var made [2]string
			for i, option := range []string{"", "--native=" + set + " --native-root=" + twin} {
				began := time.Now()
				r := into(t, root, "--tmpfs /tmp --bind "+c.sources+":/mnt "+option, c.script)
				t.Logf("%q took %v", option, time.Since(began).Round(time.Second))
				if made[i] = r.out; r.status != 0 || !regexp.MustCompile(c.want).MatchString(r.out) {
					t.Fatalf("%q: %+v", option, r)
				}
			}
			if made[0] != made[1] {
				t.Errorf("natively another program is made:\n%s", difference(made[0], made[1]))
			}
			list := run(t, "--into="+root, "--native="+set, "--native-root="+twin, "--list-native")
			if !regexp.MustCompile(`(?m)^` + c.native + ` .* natively, `).MatchString(list.out) {
				t.Errorf("%+v", list)
			}
		})
	}
}
