package main

import (
	"os"
	"path"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/ns"
)

// Facts is what is so on this machine as far as the plan depends on it.
type Facts struct {
	NS     ns.Facts
	Root   chroot.Facts
	Target launch.Exec
	Dir    string // the working directory
}

// gather finds the facts out, once and before anything changes, and refuses what they rule out.
func gather(o *Options) (Facts, error) {
	caller, err := o.NS.Look()
	if err != nil {
		return Facts{}, err
	}
	root, err := chroot.Look(o.enters())
	if err != nil {
		return Facts{}, err
	}
	if err := checkEmulators(o); err != nil {
		return Facts{}, err
	}
	f := Facts{NS: caller, Root: root, Target: target(o, o.environment())}
	if o.mounts() {
		f.Dir = workingDirectory()
	}
	tree := o.tree(&f)
	err = tree.Survey(&f.Root)
	return f, err
}

// checkEmulators refuses rules whose emulator cannot work, while nothing has changed yet.
func checkEmulators(o *Options) error {
	var inRoot func(path string) bool
	if o.Root != "" {
		inRoot = func(path string) bool { return exists(o.Root, path) }
	}
	for _, r := range o.Rules {
		root := o.Root
		if r.Has('F') {
			root = "" // the kernel opens it on the host, while the rule is written
		} else if !path.IsAbs(r.Interpreter) {
			continue // relative to whoever runs a program, then
		}
		open := func(path string) (*os.File, error) { return chroot.Open(root, path) }
		onHost := func(path string) bool { return exists("", path) }
		if err := binfmt.Look(open, r.Interpreter).Check(r, binfmt.Host(), inRoot, onHost); err != nil {
			return err
		}
	}
	return nil
}

func exists(root, path string) bool {
	f, err := chroot.Open(root, path)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
