package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// foreignJob finds the arm64 tree, its emulator and the rule: given, or asked from the project's
// scripts.
func (b *bench) foreignJob(ctx context.Context, target ...string) (j job, err error) {
	j.target = target
	if j.tree, err = b.given(ctx, b.opts.foreign, "get-tree", "arm64"); err != nil {
		return j, err
	}
	if j.tree, err = b.reachableTree(ctx, j.tree, "foreign"); err != nil {
		return j, err
	}
	if j.emulator, err = b.foreignEmulator(ctx); err != nil {
		return j, err
	}
	j.rule = b.opts.rule
	if text, err := os.ReadFile(j.rule); err == nil {
		j.rule = strings.TrimSpace(string(text))
	}
	if j.rule == "" {
		j.rule = binfmt.FindArch("arm64").Rule(j.emulator, "POCF").String()
	}
	return j, nil
}

// foreignEmulator finds the emulator, once.
func (b *bench) foreignEmulator(ctx context.Context) (string, error) {
	if b.emulator != "" {
		return b.emulator, nil
	}
	path, err := b.given(ctx, b.opts.emulator, "get-emulator", "aarch64")
	if err != nil {
		return "", err
	}
	b.emulator, err = b.reachableFile(ctx, path, "emulator")
	return b.emulator, err
}

// given is the option's value, or else the last line that the script prints.
func (b *bench) given(ctx context.Context, value, script string, args ...string) (string, error) {
	if value != "" {
		return value, nil
	}
	cmd := exec.CommandContext(ctx, filepath.Join(b.project, "scripts", script), args...)
	cmd.Dir, cmd.Stderr = b.project, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("scripts/%s: %w", script, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if lines[len(lines)-1] == "" {
		return "", fmt.Errorf("scripts/%s printed nothing", script)
	}
	return lines[len(lines)-1], nil
}

// findProject looks for the module's root, upwards from the working directory.
func findProject() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside the project")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
