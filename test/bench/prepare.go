package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// The programs are compiled with cc and not with cgo, so their build constraint hides them from the
// go command.
//
//go:embed limit.c start.c calls.c older.c
var programs embed.FS

// bench is a prepared run: everything that the contenders need lies in temp, where the user whom
// they run as can reach it.
type bench struct {
	opts     options
	project  string // "" outside the project
	temp     string
	tree     string // "" until a suite needs it, as is emulator
	emulator string
	uid, gid uint32 // of the user who runs the contenders
	root     bool   // the driver has to become that user
	account  bool   // who has an account and sub-ids by now
}

// ordinary is the user for whom root runs the contenders.
const ordinary = 1000

func prepare(ctx context.Context, opts options) (*bench, error) {
	b := &bench{opts: opts, uid: uint32(os.Getuid()), gid: uint32(os.Getgid())}
	if os.Geteuid() == 0 {
		b.root, b.uid, b.gid = true, ordinary, ordinary
	}
	b.project, _ = findProject()
	temp, err := os.MkdirTemp("", "xunshare-bench-")
	if err != nil {
		return nil, err
	}
	b.temp = temp
	if err := b.furnish(ctx); err != nil {
		return nil, errors.Join(err, b.remove())
	}
	return b, nil
}

func (b *bench) path(name string) string { return filepath.Join(b.temp, name) }

func (b *bench) remove() error { return os.RemoveAll(b.temp) }

func (b *bench) furnish(ctx context.Context) error {
	syscall.Umask(0o022)
	// runc and crun live in directories that are not in everybody's PATH.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin"); err != nil {
		return err
	}
	if err := os.Chmod(b.temp, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"limit", "start", "calls", "older"} {
		if err := b.compile(ctx, "cc", name, name); err != nil {
			return err
		}
	}
	if lackForeignCompiler("") == "" {
		if err := b.compile(ctx, foreignCompiler, "calls", "calls"+ofGuest); err != nil {
			return err
		}
	}
	err := copyFile(b.xunshare(), b.path("xunshare"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return b.give("state")
}

func (b *bench) compile(ctx context.Context, compiler, name, to string) error {
	source := b.path(name + ".c")
	text, err := programs.ReadFile(name + ".c")
	if err != nil {
		return err
	}
	if err := os.WriteFile(source, text, 0o644); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, compiler, "-O2", "-static", "-o", b.path(to), source).CombinedOutput()
	if err != nil {
		return fmt.Errorf("compile %s.c: %w\n%s", name, err, out)
	}
	return nil
}

// xunshare is the program under test. A copy of it is run, so that a build during the run changes
// nothing.
func (b *bench) xunshare() string {
	if b.opts.xunshare != "" {
		return b.opts.xunshare
	}
	return filepath.Join(b.project, "bin", "xunshare")
}

// give makes a directory in temp that belongs to the user who runs the contenders.
func (b *bench) give(name string) error {
	if err := os.MkdirAll(b.path(name), 0o755); err != nil {
		return err
	}
	return os.Chown(b.path(name), int(b.uid), int(b.gid))
}

// user makes cmd run as the ordinary user, in an environment that is the same for everybody.
func (b *bench) user(cmd *exec.Cmd) *exec.Cmd { return b.as(cmd, false) }

// as does so as root, if the driver is and that is wanted.
func (b *bench) as(cmd *exec.Cmd, root bool) *exec.Cmd {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.path("state"), "XDG_RUNTIME_DIR=" + b.path("state"), "LC_ALL=C"}
	if b.root && !root {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: b.uid, Gid: b.gid}}
	}
	return cmd
}
