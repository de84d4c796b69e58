// Package root compares xunshare with unshare(1) as root, whom package test does not stay.
package root

import (
	"os"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/test/asuser"
	"github.com/xunshare/xunshare/test/difftest"
)

func TestMain(m *testing.M) {
	if os.Getuid() == 0 {
		os.Setenv(asuser.KeepRoot, "1")
	}
	asuser.Main(m, prepare)
}

// prepare builds xunshare and gets a tree.
func prepare(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	build := asuser.Command("make", "-s", "-C", "../..", "build", "BIN="+dir+"/xunshare")
	if os.Getenv("GOCOVERDIR") != "" {
		build.Args = append(build.Args, "BUILDFLAGS=-cover -coverpkg=./...")
	}
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	get := asuser.Command("../../scripts/get-tree", "amd64")
	get.Stderr = os.Stderr
	tree, err := get.Output()
	if err != nil {
		return err
	}
	return os.Symlink(strings.TrimSpace(string(tree)), dir+"/tree")
}

func TestDifferential(t *testing.T) {
	if os.Getuid() != 0 {
		asuser.Skip(t, "only root can try what root can do")
	}
	dir := os.Getenv(asuser.Dir)
	difftest.Run(t, dir+"/xunshare", dir+"/tree/.", difftest.Root)
}
