// Package vm tests xunshare on a kernel and a root that the machine of the tests does not have:
// Debian's kernels, in virtual machines, with an initramfs as the root filesystem; for what takes
// long, as User-mode Linux.
package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// kernelVariable names another kernel to boot, of the first host: a vmlinuz with binfmt_misc.ko or
// binfmt_misc.ko.xz beside it.
const kernelVariable = "XUNSHARE_TEST_KERNEL"

const project = "../.."

// full tells whether what takes long is tested, too.
func full() bool { return os.Getenv("XUNSHARE_TEST_FULL") != "" }

func TestMain(m *testing.M) {
	asuser.Main(m, func(dir string) error {
		if lacking() != "" {
			return nil // the test says so
		}
		return prepare(dir)
	})
}

// lacking says why this machine cannot run the tests, "" if it can.
func lacking() string {
	if runtime.GOARCH != "amd64" {
		return "what the machines start with is made on amd64, this is " + runtime.GOARCH
	}
	for i := range hosts {
		if !full() && !hosts[i].isThisMachine() {
			continue
		}
		if _, err := exec.LookPath(hosts[i].program()); err != nil {
			return "there is no " + hosts[i].program() + " here: scripts/install-deps vm"
		}
		if _, err := exec.LookPath(hosts[i].triplet + "-gcc"); err != nil {
			return "there is no " + hosts[i].triplet + "-gcc here: scripts/install-deps vm"
		}
	}
	if parser() == "" {
		return "there is no apparmor_parser here: scripts/install-deps vm"
	}
	release, _ := os.ReadFile("/etc/os-release")
	if os.Getenv(kernelVariable) == "" && !strings.Contains("\n"+string(release), "\nID=debian\n") {
		return "scripts/get-kernel gets Debian's kernels, on Debian; " + kernelVariable + " can name another"
	}
	return ""
}

// boots are what is to be booted.
func boots() []*boot {
	if kernel := os.Getenv(kernelVariable); kernel != "" {
		return []*boot{{host: &hosts[0], suite: "own", kernel: kernel}}
	}
	var all []*boot
	for i := range hosts {
		if !full() && !hosts[i].isThisMachine() {
			continue // minutes
		}
		for _, suite := range hosts[i].suites {
			all = append(all, &boot{host: &hosts[i], suite: suite})
		}
	}
	return all
}

// userModeBoots are the kernels that user namespaces have no rules on, as programs, for what takes
// long.
func userModeBoots() []*boot {
	if !full() || os.Getenv(kernelVariable) != "" {
		return nil
	}
	return []*boot{
		{host: &hosts[0], suite: "bullseye", userMode: true},
		{host: &hosts[0], suite: "bookworm", userMode: true},
	}
}

// prepare puts into dir, in a folder for each boot, what the virtual machine starts with, where an
// ordinary user can read it.
func prepare(dir string) error {
	roots := map[*host]*archive{}
	for _, b := range append(boots(), userModeBoots()...) {
		if roots[b.host] == nil {
			roots[b.host] = initramfs(dir, b.host)
			if err := prepareFull(dir, b.host); err != nil {
				return err
			}
		}
		if err := b.prepare(dir, roots[b.host]); err != nil {
			return err
		}
	}
	return nil
}

// prepareFull makes what only a full run needs.
func prepareFull(dir string, h *host) error {
	if !full() {
		return nil
	}
	if !h.isThisMachine() {
		return prepareGo(dir, h)
	}
	return prepareSystem(dir, h)
}

func (b *boot) prepare(dir string, base *archive) error {
	if b.kernel == "" {
		kernel, err := output(script("get-kernel", b.suite, b.source()))
		if err != nil {
			return err
		}
		b.kernel = kernel
	}
	image, err := os.ReadFile(b.kernel)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, b.name()), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(b.file(dir, "vmlinuz"), image, 0o755); err != nil {
		return err
	}
	root, err := base.with(b.kernel)
	if err != nil {
		return err
	}
	return os.WriteFile(b.file(dir, "initramfs"), root, 0o644)
}
