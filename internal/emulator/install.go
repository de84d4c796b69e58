package emulator

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
)

// sources say what to install, by the ID of os-release(5). Of several for one ID the first holds
// whose below is more than the major number of VERSION_ID; no below: all. In the command %[1]s is
// QEMU's name of the architecture, %[2]s NixOS' name of the system.
//
// Debian's qemu-user has been static since 13, and qemu-user-static only depends on it there;
// before, it was dynamic.
var sources = [...]struct {
	id      string
	below   int
	command string
}{
	{"debian", 13, "apt install qemu-user-static"},
	{"debian", 0, "apt install qemu-user"},
	{"ubuntu", 0, "apt install qemu-user-static"},
	{"fedora", 0, "dnf install qemu-user-static"},
	{"opensuse", 0, "zypper install qemu-linux-user"},
	{"suse", 0, "zypper install qemu-linux-user"},
	{"alpine", 0, "apk add qemu-%[1]s"},
	{"arch", 0, "pacman -S qemu-user-static"},
	{"void", 0, "xbps-install -S qemu-user-static"},
	{"gentoo", 0, `USE=static-user QEMU_USER_TARGETS=%[1]s emerge app-emulation/qemu`},
	{"nixos", 0, `in configuration.nix boot.binfmt.emulatedSystems = [ "%[2]s" ]; boot.binfmt.preferStaticEmulators = true;`},
}

// Install says what to do to get a static emulator for a: one line, for this distribution.
func (s *Search) Install(a *binfmt.Arch) string {
	if command := s.installCommand(); command != "" {
		return "install one: " + strings.NewReplacer("%[1]s", a.Name, "%[2]s", nixSystems(a)[0]).Replace(command)
	}
	return fmt.Sprintf("install a static qemu-%s; packages that have it are called qemu-user-static, qemu-user or qemu-linux-user", a.Name)
}

// installCommand goes by what the distribution is, and then by what it says that it resembles. The
// numbers of such a one are its own, so the oldest is taken to be meant: Debian has kept the old
// package's name.
func (s *Search) installCommand() string {
	r := s.osRelease()
	for i, id := range append([]string{r.id}, strings.Fields(r.like)...) {
		major := r.major
		if i > 0 {
			major = 0
		}
		for _, source := range sources {
			if source.id == id && (source.below == 0 || major < source.below) {
				return source.command
			}
		}
	}
	return ""
}

// release is what os-release(5) says.
type release struct {
	id, like string
	major    int // of VERSION_ID; a large number if there is none, as in what has not been released
}

func (s *Search) osRelease() release {
	values := inside.ParseRelease(s.read("/etc/os-release", "/usr/lib/os-release"))
	r := release{id: values["ID"], like: values["ID_LIKE"], major: 1 << 20}
	number, _, _ := strings.Cut(values["VERSION_ID"], ".")
	if n, err := strconv.Atoi(number); err == nil {
		r.major = n
	}
	return r
}

// read returns the text of the first of the files that is there, and no more than 64 KiB of it.
func (s *Search) read(paths ...string) string {
	for _, path := range paths {
		f, err := s.open(path, unix.O_RDONLY)
		if err != nil {
			continue
		}
		defer f.Close()
		text, _ := io.ReadAll(io.LimitReader(f, 64<<10))
		return string(text)
	}
	return ""
}
