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

// userID is the ordinary user's, and the group's.
const userID = 1000

// initramfs makes the root filesystem of a host's virtual machines, as an archive without an end: a
// native tree and in it what the cases need. dir is for scratch files.
func initramfs(dir string, h *host) *archive {
	a := &archive{}
	a.trees(a.output(script("get-tree", h.arch)), a.output(script("get-tree", h.guest)))
	a.xunshare(dir, binfmt.FindArch(h.arch).Go)
	a.add("companion", directory|0o755, nil)
	a.copy("companion/busybox", filepath.Join(a.output(script("get-tree", h.companion)), "bin/busybox"))
	a.copy(h.emulator(), a.output(script("get-emulator", h.foreign(), h.arch)))
	a.copy("execs", project+"/test/testdata/execs")
	for _, name := range []string{"caller", "shown"} {
		a.compiled(name, filepath.Join(dir, name+"-"+h.arch), h.triplet)
	}
	a.add("rule", regular|0o644, []byte(binfmt.FindArch(h.guest).Rule("/"+h.emulator(), "POCF").String()))
	a.add("apparmor", regular|0o644, []byte(a.output(profiles())))
	a.copy("init", "testdata/init")
	a.copy("bin/user", "testdata/user")
	// A later entry replaces an earlier one of its name.
	a.add("etc/passwd", regular|0o644, fmt.Appendf(nil, "root:x:0:0::/:/bin/sh\nuser:x:%d:%d::/:/bin/sh\n", userID, userID))
	a.cases("cases", cases)
	return a
}

// cases adds a folder with the script of each case.
func (a *archive) cases(folder string, list []testCase) {
	a.add(folder, directory|0o755, nil)
	for i, c := range list {
		a.add(fmt.Sprintf("%s/%02d-%s", folder, i, c.name), regular|0o644, []byte(c.script))
	}
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
	a.tree("nativetree/foreigntree/", foreign)
	a.tree("foreigntree/", foreign)
}

// xunshare builds it for the root and the native tree.
func (a *archive) xunshare(dir, goarch string) {
	file := builtFor(dir, goarch)
	a.output(asuser.Command("make", "-s", "-C", project, "build", "BIN="+file, "GOARCH="+goarch))
	a.copy("bin/xunshare", file)
	a.copy("nativetree/bin/xunshare", file)
}

// compiled adds a program of the tests, static, by way of a file.
func (a *archive) compiled(name, file, triplet string) {
	a.output(exec.Command(triplet+"-gcc", "-static", "-pthread", "-w", "-o", file, project+"/test/testdata/"+name+".c"))
	a.copy(name, file)
}

// builtFor is xunshare for an architecture, by Go's name.
func builtFor(dir, goarch string) string { return filepath.Join(dir, "xunshare-"+goarch) }

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
