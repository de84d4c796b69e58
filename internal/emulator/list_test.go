package emulator

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/xunshare/xunshare/internal/binfmt"
)

func all(t testing.TB) (arches []*binfmt.Arch) {
	for _, name := range targets {
		arches = append(arches, arch(t, name))
	}
	return arches
}

// A list says the same as one search for each.
func TestList(t *testing.T) {
	s := Search{Path: "/usr/bin:/bin:bin"}
	for i, row := range s.List(all(t), true) {
		e, err := s.Find(arch(t, targets[i]), false)
		if row.Arch != targets[i] || (err == nil) != (row.Emulator != "") || (err != nil) != (row.Problem != "") {
			t.Errorf("%+v, %v", row, err)
			continue
		}
		if err == nil && (row.Emulator != e.Path || row.Static != e.Static || row.Flags != e.Flags(true) || row.Version != e.Version.Text) {
			t.Errorf("%+v, found %+v", row, e)
		}
		if row.Native != (targets[i] == "x86_64" || targets[i] == "i386") {
			t.Errorf("%s: native %t", row.Arch, row.Native)
		}
	}
}

func TestListJSON(t *testing.T) {
	r := newRoot(t)
	r.fill([]file{
		{path: "/usr/bin/qemu-aarch64", content: dynamic},
		{path: "/usr/libexec/qemu-binfmt/mips64-binfmt-P", content: "=/usr/bin/q"},
		{path: "/usr/bin/q", content: elf{data: qemu("mips64", "7.2.22 (Debian)")}.String()},
		{path: "/etc/os-release", content: "ID=alpine\n"},
	})
	text, err := json.Marshal(r.List([]*binfmt.Arch{arch(t, "aarch64"), arch(t, "mips64"), arch(t, "xtensa")}, false))
	const want = `[
{"arch":"aarch64","names":["arm64","armv8","arm64v8"],"native":false,"emulator":"/usr/bin/qemu-aarch64","kind":"QEMU","version":"8.1.0","static":false,"flags":"POF","install":"install one: apk add qemu-aarch64"},
{"arch":"mips64","names":["mips64r6","mipsisa64r6"],"native":false,"emulator":"/usr/bin/q","kind":"QEMU","version":"7.2.22 (Debian)","static":true,"flags":"POF"},
{"arch":"xtensa","names":[],"native":false,"static":false,"problem":"no emulator for xtensa was found","install":"install one: apk add qemu-xtensa"}
]`
	if got := string(text); err != nil || got != strings.ReplaceAll(want, "\n", "") {
		t.Errorf("%v\n%s", err, got)
	}
}

// A directory in which nothing may be found is read without harm.
func TestListOddDirectories(t *testing.T) {
	r := newRoot(t)
	r.Path = "/nonexistent:/file:/loop:/closed"
	r.fill([]file{{path: "/file", content: "x"}, {path: "/loop", content: "=loop"}, {path: "/closed/qemu-arm", content: static},
		{path: "/usr/bin/qemu-arm", content: static}})
	r.chmod("/closed", 0)
	defer r.chmod("/closed", 0o755)
	if rows := r.List([]*binfmt.Arch{arch(t, "arm")}, false); rows[0].Emulator != "/usr/bin/qemu-arm" {
		t.Errorf("%+v", rows)
	}
}

// All in all it has to be quick enough for a completion.
func TestListTime(t *testing.T) {
	debian(t, "aarch64")
	s := Search{Path: "/usr/bin"}
	best := time.Hour
	for range 5 {
		start := time.Now()
		s.List(all(t), false)
		best = min(best, time.Since(start))
	}
	if best > 50*time.Millisecond {
		t.Errorf("%v", best)
	}
}

func BenchmarkList(b *testing.B) {
	debian(b, "aarch64")
	s := Search{Path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	arches := all(b)
	for b.Loop() {
		s.List(arches, false)
	}
}

func TestInstall(t *testing.T) {
	for _, c := range []struct{ release, arch, want string }{
		{"ID=debian\nVERSION_ID=\"12\"", "arm", "install one: apt install qemu-user-static"},
		{"ID=debian\nVERSION_ID=\"13\"", "arm", "install one: apt install qemu-user"},
		{"ID=debian\nVERSION_CODENAME=forky", "arm", "install one: apt install qemu-user"},
		{"ID=debian\nVERSION_ID=\"trixie/sid\"", "arm", "install one: apt install qemu-user"},
		{"ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"", "arm", "install one: apt install qemu-user-static"},
		{"NAME=Mint\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"", "arm", "install one: apt install qemu-user-static"},
		{"ID=kali\nID_LIKE=debian\nVERSION_ID=\"2024.1\"", "arm", "install one: apt install qemu-user-static"},
		{"ID=fedora\nVERSION_ID=41", "arm", "install one: dnf install qemu-user-static"},
		{"ID='opensuse-leap'\nID_LIKE='suse opensuse'", "arm", "install one: zypper install qemu-linux-user"},
		{"ID=alpine\nVERSION_ID=3.20.1", "ppc64le", "install one: apk add qemu-ppc64le"},
		{"ID=arch", "arm", "install one: pacman -S qemu-user-static"},
		{"ID=manjaro\nID_LIKE=arch", "arm", "install one: pacman -S qemu-user-static"},
		{"ID=void", "arm", "install one: xbps-install -S qemu-user-static"},
		{"ID=gentoo", "arm", "install one: USE=static-user QEMU_USER_TARGETS=arm emerge app-emulation/qemu"},
		{"ID=nixos", "ppc64le", `install one: in configuration.nix boot.binfmt.emulatedSystems = [ "powerpc64le-linux" ]; boot.binfmt.preferStaticEmulators = true;`},
		{"ID=nixos", "arm", `install one: in configuration.nix boot.binfmt.emulatedSystems = [ "armv7l-linux" ]; boot.binfmt.preferStaticEmulators = true;`},
		{"ID=rhel", "arm", "install a static qemu-arm; packages that have it are called qemu-user-static, qemu-user or qemu-linux-user"},
		{"", "arm", "install a static qemu-arm; packages that have it are called qemu-user-static, qemu-user or qemu-linux-user"},
		{"\x00\xff=\n=\nID", "arm", "install a static qemu-arm; packages that have it are called qemu-user-static, qemu-user or qemu-linux-user"},
	} {
		for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
			r := newRoot(t)
			r.file(path, c.release, 0o644)
			if got := r.Install(arch(t, c.arch)); got != c.want {
				t.Errorf("%q: %s, want %s", c.release, got, c.want)
			}
		}
	}
}
