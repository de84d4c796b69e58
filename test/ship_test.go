package test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// makePackages makes the packages for this machine twice, in the folders ship and ship-again.
func makePackages(dir string) error {
	for _, folder := range []string{"/ship", "/ship-again"} {
		if err := command("../scripts/make-packages", dir+folder, "amd64").Run(); err != nil {
			return err
		}
	}
	return command("chmod", "-R", "a+rX", dir+"/ship", dir+"/ship-again").Run()
}

// shipped is the path of the one package of a kind.
func shipped(t *testing.T, pattern string) string {
	t.Helper()
	files, _ := filepath.Glob(made("packages", "ship/"+pattern))
	if len(files) != 1 {
		t.Fatalf("%s: %v", pattern, files)
	}
	return files[0]
}

// Packages that are made twice are the same, byte for byte.
func TestPackagesAreReproducible(t *testing.T) {
	files, _ := filepath.Glob(made("packages", "ship/*"))
	if len(files) != 5 {
		t.Errorf("made %q", files)
	}
	for _, file := range files {
		one, err := os.ReadFile(file)
		other, err2 := os.ReadFile(strings.Replace(file, "/ship/", "/ship-again/", 1))
		if err != nil || err2 != nil || !bytes.Equal(one, other) {
			t.Errorf("%s is another one the second time: %v, %v", file, err, err2)
		}
	}
}

// The package for Debian is installed in Debian systems of two releases, works there for an ordinary user, who
// enters a foreign tree with it, and leaves nothing behind when it is purged.
func TestDebianPackage(t *testing.T) {
	emulator, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Fatal(err)
	}
	version := run(t, "--version").out
	binds := " --ephemeral --ro-bind=" + shipped(t, "*.deb") + ":/xunshare.deb --ro-bind=" + emulator + ":/usr/bin/qemu-aarch64-static --bind=" + tree("arm64") + ":/arm64"
	for _, c := range []struct{ script, want string }{
		{"dpkg -i /xunshare.deb >/dev/null && xunshare --version && man -P cat xunshare | head -1 | tr -s ' '", version + "XUNSHARE(1) BSD General Commands Manual XUNSHARE(1)\n"},
		{"dpkg -i /xunshare.deb >/dev/null && useradd -m you && su -c 'xunshare --into=/arm64 uname -m' you", "aarch64\n"},
		{"dpkg -i /xunshare.deb >/dev/null && dpkg -V xunshare && dpkg -P xunshare >/dev/null && find / -xdev -name '*xunshare*' ! -path '/run/*' ! -path '/xunshare.deb' ! -path '/proc/*' ! -path '/var/lib/dpkg/*'", ""},
	} {
		for _, release := range []string{native, native + "-trixie"} {
			if r := into(t, system(release), binds, c.script); r.status != 0 || r.out != c.want {
				t.Errorf("%s: %s: %+v, want %q", release, c.script, r, c.want)
			}
		}
	}
}

// Debian's own examination finds no errors in it.
func TestLintian(t *testing.T) {
	out, err := exec.Command("lintian", "--fail-on", "error", shipped(t, "*.deb")).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// The package for others is installed by rpm; that for Alpine, which nothing here can install, has
// what apk looks for.
func TestOtherPackages(t *testing.T) {
	script := `rpm --root $0 --initdb 2>/dev/null && rpm --force-debian --root $0 -i --nodeps --noscripts --nosignature $1 && $0/usr/bin/xunshare --version && rpm --force-debian --root $0 -V --nodeps --noscripts xunshare &&
		rpm --force-debian --root $0 -e --noscripts xunshare && find $0/usr $0/etc -type f`
	cmd := exec.Command(binary(), "--map=root", "--fake-ids", "sh", "-c", script, t.TempDir(), shipped(t, "*.rpm"))
	version := run(t, "--version").out
	finish(t, cmd).want(t, version)
	info, err := exec.Command("sh", "-c", "tar -xzOf "+shipped(t, "*.apk")+" .PKGINFO 2>/dev/null").Output()
	for _, line := range []string{"pkgname = xunshare", "pkgver = " + strings.TrimSpace(strings.TrimPrefix(version, "xunshare ")) + "-r1", "arch = x86_64", "license = Apache-2.0"} {
		if !strings.Contains(string(info), line+"\n") {
			t.Errorf("%q is not in %q: %v", line, info, err)
		}
	}
}
