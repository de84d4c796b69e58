package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// nativeJob runs target in the native tree, which is made when it is first needed.
func (b *bench) nativeJob(ctx context.Context, target ...string) (job, error) {
	if b.tree == "" {
		tree, err := b.nativeTree(ctx)
		if err != nil {
			return job{}, err
		}
		b.tree = tree
	}
	return b.bundled(job{tree: b.tree, target: target})
}

// nativeTree is the tree that was asked for, or a new one with little but a static busybox.
func (b *bench) nativeTree(ctx context.Context) (string, error) {
	if b.opts.tree != "" {
		return b.reachableTree(ctx, b.opts.tree, "tree")
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return "", errors.New("no busybox: install busybox-static, or give -tree")
	}
	if !isStatic(busybox) {
		return "", fmt.Errorf("%s is not static: install busybox-static, or give -tree", busybox)
	}
	for _, dir := range []string{"", "bin", "proc", "dev", "tmp", "sys", "run", "etc", "usr", "root"} {
		if err := b.give("tree/" + dir); err != nil {
			return "", err
		}
	}
	for name, text := range map[string]string{"passwd": "root:x:0:0:root:/root:/bin/sh\n", "resolv.conf": ""} {
		if err := os.WriteFile(b.path("tree/etc/"+name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	for _, applet := range []string{"true", "sh", "sleep"} {
		if err := os.Symlink("busybox", b.path("tree/bin/"+applet)); err != nil {
			return "", err
		}
	}
	return b.path("tree"), copyFile(busybox, b.path("tree/bin/busybox"))
}

func isStatic(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

// reachableTree is dir, or a copy of it if the user who runs the contenders cannot get there.
func (b *bench) reachableTree(ctx context.Context, dir, name string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if b.reaches(ctx, dir) {
		return dir, nil
	}
	if out, err := exec.CommandContext(ctx, "cp", "-a", dir, b.path(name)).CombinedOutput(); err != nil {
		return "", fmt.Errorf("copy %s: %s", dir, cause(out, err))
	}
	return b.path(name), nil
}

// reachableFile does for a program what reachableTree does for a tree.
func (b *bench) reachableFile(ctx context.Context, path, name string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if b.reaches(ctx, path) {
		return path, nil
	}
	return b.path(name), copyFile(path, b.path(name))
}

func (b *bench) reaches(ctx context.Context, path string) bool {
	return b.user(exec.CommandContext(ctx, "test", "-r", path, "-a", "-x", path)).Run() == nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
