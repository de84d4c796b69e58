package vm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/test/asuser"
)

// emulator is where it lies in the virtual machine.
const emulator = "usr/bin/qemu-aarch64-static"

// initramfs makes the root filesystem of the virtual machines, as an archive without an end: a
// native tree and in it what the cases need. dir is for scratch files.
func initramfs(dir string) *archive {
	a := &archive{}
	a.trees(a.output(script("get-tree", "amd64")), a.output(script("get-tree", "arm64")))
	a.xunshare(filepath.Join(dir, "xunshare"))
	a.add("i386", directory|0o755, nil)
	a.copy("i386/busybox", filepath.Join(a.output(script("get-tree", "i386")), "bin/busybox"))
	a.copy(emulator, a.output(script("get-emulator", "aarch64")))
	a.add("rule", regular|0o644, []byte(binfmt.FindArch("aarch64").Rule("/"+emulator, "POCF").String()))
	a.add("apparmor", regular|0o644, []byte(a.output(profiles())))
	a.copy("init", "testdata/init")
	a.copy("bin/user", "testdata/user")
	// A later entry replaces an earlier one of its name.
	a.add("etc/passwd", regular|0o644, []byte("root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n"))
	a.add("cases", directory|0o755, nil)
	for i, c := range cases {
		a.add(fmt.Sprintf("cases/%02d-%s", i, c.name), regular|0o644, []byte(c.script))
	}
	return a
}

// with is the whole archive for a kernel, which its modules lie beside.
func (a *archive) with(kernel string) ([]byte, error) {
	whole := archive{Buffer: *bytes.NewBuffer(bytes.Clone(a.Bytes())), entries: a.entries, err: a.err}
	whole.module(filepath.Join(filepath.Dir(kernel), "binfmt_misc.ko"))
	whole.end()
	return whole.Bytes(), whole.err
}

// trees adds the root, a native and a foreign tree, and one of each in the native tree.
func (a *archive) trees(native, foreign string) {
	a.tree("", native)
	a.tree("nativetree/", native)
	a.tree("nativetree/inner/", native)
	a.add("nativetree/inner/innermost", directory|0o755, nil)
	a.tree("nativetree/arm64tree/", foreign)
	a.tree("arm64tree/", foreign)
}

// xunshare builds it for the root and the native tree.
func (a *archive) xunshare(file string) {
	a.output(asuser.Command("make", "-s", "-C", project, "build", "BIN="+file))
	a.copy("bin/xunshare", file)
	a.copy("nativetree/bin/xunshare", file)
}

// module adds a module uncompressed, since not every kernel can decompress one.
func (a *archive) module(file string) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(a.output(exec.Command("xz", "--decompress", "--stdout", file+".xz"))), nil
	}
	a.fail(err)
	a.add(filepath.Base(file), regular|0o644, text)
}

// profiles compiles them for every kernel that there has been since AppArmor 3.0.
func profiles() *exec.Cmd {
	return exec.Command(parser(), "--skip-kernel-load", "--skip-cache", "--stdout", "--features-file", "/etc/apparmor.d/abi/3.0", "testdata/apparmor")
}

// parser is apparmor_parser(8), which is seldom in PATH; "" if it is not installed.
func parser() string {
	for _, file := range []string{"apparmor_parser", "/sbin/apparmor_parser"} {
		if path, err := exec.LookPath(file); err == nil {
			return path
		}
	}
	return ""
}

// script is one of the project's scripts.
func script(name string, args ...string) *exec.Cmd {
	return asuser.Command(filepath.Join(project, "scripts", name), args...)
}

// output is what cmd prints, without the end of the last line.
func (a *archive) output(cmd *exec.Cmd) string {
	out, err := output(cmd)
	a.fail(err)
	return out
}

func output(cmd *exec.Cmd) (string, error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return strings.TrimSuffix(string(out), "\n"), err
}
