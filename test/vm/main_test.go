// Package vm tests xunshare on a kernel and a root that the machine of the tests does not have:
// Debian's kernel, in a virtual machine, with the initramfs as the root filesystem.
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

// kernelVariable names another kernel to boot: a vmlinuz with binfmt_misc.ko or binfmt_misc.ko.xz
// beside it.
const kernelVariable = "XUNSHARE_TEST_KERNEL"

const (
	project = "../.."
	qemu    = "qemu-system-x86_64"
)

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
		return "the kernel that is booted is amd64's, this is " + runtime.GOARCH
	}
	if _, err := exec.LookPath(qemu); err != nil {
		return "there is no " + qemu + " here: scripts/install-deps vm"
	}
	if parser() == "" {
		return "there is no apparmor_parser here: scripts/install-deps vm"
	}
	release, _ := os.ReadFile("/etc/os-release")
	if os.Getenv(kernelVariable) == "" && !strings.Contains("\n"+string(release), "\nID=debian\n") {
		return "scripts/get-kernel gets Debian's kernel, on Debian; " + kernelVariable + " can name another"
	}
	return ""
}

// kernels are those of the suites of Debian that are booted: 5.10, 6.1, 6.12 and the newest.
var kernels = [...]string{"bullseye", "bookworm", "trixie", "sid"}

// prepare puts into dir, in a folder for each kernel, what the virtual machine starts with, where
// an ordinary user can read it.
func prepare(dir string) error {
	root := initramfs(dir)
	if kernel := os.Getenv(kernelVariable); kernel != "" {
		return prepareFor(kernel, root, filepath.Join(dir, "own"))
	}
	for _, suite := range kernels {
		kernel, err := output(script("get-kernel", suite))
		if err == nil {
			err = prepareFor(kernel, root, filepath.Join(dir, suite))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func prepareFor(kernel string, base *archive, to string) error {
	image, err := os.ReadFile(kernel)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "vmlinuz"), image, 0o644); err != nil {
		return err
	}
	root, err := base.with(kernel)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "initramfs"), root, 0o644)
}

// booted are the names of the folders that prepare makes.
func booted() []string {
	if os.Getenv(kernelVariable) != "" {
		return []string{"own"}
	}
	return kernels[:]
}
