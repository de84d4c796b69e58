package test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
)

// fetchRust makes a sysroot with Rust's standard library for an architecture in the cache, and names
// it in dir.
func fetchRust(dir, arch string) error {
	sysroot, err := script("get-rust", arch)
	if err != nil {
		return err
	}
	return os.Symlink(sysroot, dir+"/rust-"+arch)
}

// rustc lets Debian's rustc, before one of the user's, find what libstd-rust-dev:arm64 would install.
func rustc(*testing.T) []string {
	return []string{"RUSTC=/usr/bin/rustc", "RUSTFLAGS=--sysroot=" + made("rust/arm64", "rust-arm64")}
}

// fetchPython copies a Debian system with pytest.
func fetchPython(dir, arch string) error {
	tree, err := script("get-python", arch)
	if err != nil {
		return err
	}
	return copyOwned(dir+"/python/"+arch, tree)
}

func python(*testing.T) string { return made("python/arm64", "python/arm64") }

// updated is a Debian system that knows what packages there are.
func updated(t *testing.T) string {
	root := copyOfSystem(t, foreignDebian)
	if r := into(t, root, "", "apt-get update"); r.status != 0 {
		t.Fatalf("%+v", r)
	}
	return root
}

func ownHome(t *testing.T) []string {
	needSubIDs(t)
	return []string{"HOME=" + t.TempDir()}
}

// rootless gives podman and buildah a storage of its own. The process that podman leaves is gone in
// the end, too, if the recipe has failed.
func rootless(t *testing.T) []string {
	needSubIDs(t)
	home, runtime := t.TempDir(), t.TempDir()
	if err := os.Chmod(runtime, 0o700); err != nil { // or it is not used
		t.Fatal(err)
	}
	t.Cleanup(func() {
		text, _ := os.ReadFile(runtime + "/libpod/tmp/pause.pid")
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			t.Errorf("podman left process %d", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	writableInTheEnd(t, home) // the layers are not
	return []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + runtime}
}

// nixAlone has a store for Nix, and keeps it from asking the network for what it is to build.
func nixAlone(t *testing.T) []string {
	home := t.TempDir()
	writableInTheEnd(t, home) // the store is not
	return []string{"HOME=" + home, "NIX_CONFIG=substitute = false"}
}

// writableInTheEnd lets a test's directory be removed.
func writableInTheEnd(t *testing.T, dir string) {
	t.Cleanup(func() { _ = exec.Command("chmod", "-R", "u+rwX", dir).Run() })
}

// containersLeave is what podman and buildah make, whatever their environment says, where a build has
// an isolation of chroot.
func containersLeave() []string {
	return []string{fmt.Sprintf("/tmp/podman-run-%d", asuser.ID), fmt.Sprintf("/tmp/containers-user-%d", asuser.ID)}
}

// removeNew removes in the end of the test what there is not yet.
func removeNew(t *testing.T, dirs ...string) {
	for _, dir := range dirs {
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			t.Cleanup(func() { os.RemoveAll(dir) })
		}
	}
}
