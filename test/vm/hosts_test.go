package vm

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// A host is an architecture that virtual machines have. Architectures are called as Debian does.
type host struct {
	arch      string
	triplet   string   // the prefix of its compiler
	suites    []string // of Debian, whose kernels are booted
	qemu      string   // the program and its options, for a processor without help by this machine's
	console   string   // the device that the machine prints on
	guest     string   // the foreign architecture of the cases
	companion string   // the 32-bit one that its kernel runs, too
}

var hosts = []host{
	{"amd64", "x86_64-linux-gnu", []string{"bullseye", "bookworm", "trixie", "sid"}, "qemu-system-x86_64 -accel tcg -cpu max", "ttyS0", "arm64", "i386"},
	{"arm64", "aarch64-linux-gnu", []string{"bookworm", "sid"}, "qemu-system-aarch64 -accel tcg -M virt -cpu max,pauth-impdef=on", "ttyAMA0", "s390x", "armhf"},
}

// program is what runs the machine.
func (h *host) program() string {
	name, _, _ := strings.Cut(h.qemu, " ")
	return name
}

// isThisMachine tells whether it is what the tests run on.
func (h *host) isThisMachine() bool { return binfmt.FindArch(h.arch).Go == runtime.GOARCH }

// foreign is what a program of the guest architecture prints as its machine: QEMU's name for it.
func (h *host) foreign() string { return binfmt.FindArch(h.guest).Name }

// emulator is where it lies in the virtual machine.
func (h *host) emulator() string { return "usr/bin/qemu-" + h.foreign() + "-static" }

// A boot is a kernel that is to be booted on a host.
type boot struct {
	*host
	suite  string // whose kernel it is; "own" for that of the variable
	kernel string // where that comes from; "" for the suite's

	// It is User-mode Linux: a program, whose processes run on this machine's processor, and so
	// several times faster than on one that is emulated.
	userMode bool
}

// name is that of the boot's folder.
func (b *boot) name() string { return b.source() + "-" + b.suite }

// source is the kernel's architecture, as scripts/get-kernel calls it.
func (b *boot) source() string {
	if b.userMode {
		return "um"
	}
	return b.arch
}

// command starts the machine, with what its kernel does not know but the first process does.
func (b *boot) command(dir string, r run) []string {
	kernel := b.file(dir, "vmlinuz")
	// At loglevel 1 the kernel says why it panics and nothing else.
	know := []string{"panic=-1", "loglevel=1", "native=" + b.arch, "guest=" + b.guest, "foreign=" + b.foreign(), "cases=" + r.cases}
	if b.userMode {
		return append([]string{kernel, "mem=" + r.memory + "M", "initrd=" + r.initrd, "con=null", "ssl=null", "con0=null,fd:1"}, know...)
	}
	know = append(know, "console="+b.console)
	return append(strings.Fields(b.qemu), "-m", r.memory, "-nic", "none", "-nographic", "-no-reboot",
		"-kernel", kernel, "-initrd", r.initrd, "-append", strings.Join(know, " "))
}

// file is one of the boot's in the folder that prepare has made.
func (b *boot) file(dir, name string) string { return filepath.Join(dir, b.name(), name) }
