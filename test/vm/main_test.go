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

// prepare puts into dir what the virtual machine starts with, where an ordinary user can read it.
func prepare(dir string) error {
	kernel, err := findKernel()
	if err != nil {
		return err
	}
	image, err := os.ReadFile(kernel)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "vmlinuz"), image, 0o644); err != nil {
		return err
	}
	root, err := initramfs(dir, filepath.Dir(kernel))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "initramfs"), root, 0o644)
}

func findKernel() (string, error) {
	if kernel := os.Getenv(kernelVariable); kernel != "" {
		return kernel, nil
	}
	return output(script("get-kernel"))
}
