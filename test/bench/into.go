package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// All of these give the program uid 0, namespaces for users, mounts, pids, ipc and the host name,
// /proc, the host's /sys, read-only, a /dev with devices, terminals, shared memory and message
// queues, the host's name servers and a clean environment. bwrap can map one id only, so it is to
// be compared with the first of them. That with sub-ids starts newuidmap(1) and newgidmap(1), as
// every launcher has to that maps any; --fake-ids is what --map=auto becomes where there are none.
// bwrap leaves an init behind, as xunshare does; crun does not. systemd-nspawn is root, and writes
// into the tree.
var intoContenders = []contender{
	{name: "xunshare", tool: "xunshare", argv: intoArgs("--map=root")},
	{name: "xunshare, --fake-ids", tool: "xunshare", argv: intoArgs("--map=root", "--fake-ids")},
	{name: "xunshare, sub-ids", tool: "xunshare", argv: intoArgs("--map=subids")},
	{name: "bwrap", tool: "bwrap", argv: bwrapIntoArgs},
	{name: "crun", tool: "crun", argv: crunArgs},
	{name: "systemd-nspawn", tool: "systemd-nspawn", argv: nspawnArgs, root: true},
}

const resolvConf = "/etc/resolv.conf"

func intoArgs(options ...string) func(j job) []string {
	return func(j job) []string {
		return with(j.target, append([]string{"--into=" + j.tree}, options...)...)
	}
}

func bwrapIntoArgs(j job) []string {
	return with(j.target, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--uid", "0", "--gid", "0",
		"--hostname", filepath.Base(j.tree), "--bind", j.tree, "/", "--proc", "/proc", "--ro-bind", "/sys", "/sys",
		"--dev", "/dev", "--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue", "--ro-bind", resolvConf, resolvConf, "--chdir", "/",
		"--clearenv", "--setenv", "PATH", "/bin", "--setenv", "HOME", "/", "--setenv", "SHELL", "/bin/sh", "--setenv", "USER", "root",
		"--setenv", "LOGNAME", "root", "--setenv", "container", "bwrap")
}

func nspawnArgs(j job) []string {
	return with(j.target, "--quiet", "--register=no", "--keep-unit", "--settings=no", "--link-journal=no", "--timezone=off",
		"--resolv-conf=bind-host", "--as-pid2", "--directory="+j.copy)
}

// into times the way into a native tree in which everything works.
func (b *bench) into(ctx context.Context) error {
	if !b.wants("into", intoContenders) {
		return nil
	}
	j, err := b.intoJob(ctx)
	if err != nil {
		return b.skip(ctx, "into", err)
	}
	results, err := b.race(ctx, "into", intoContenders, j)
	printTimes("into: all that --into mounts, and an init", results, "bwrap")
	printTimeGoal(results, 1.15, "bwrap")
	return err
}

func (b *bench) intoJob(ctx context.Context) (job, error) {
	if _, err := os.Stat(resolvConf); err != nil {
		return job{}, err
	}
	j, err := b.nativeJob(ctx, "/bin/true")
	if err != nil {
		return j, err
	}
	j.ready, j.copy = true, b.path("copy")
	if out, err := exec.CommandContext(ctx, "cp", "-a", j.tree, j.copy).CombinedOutput(); err != nil {
		return j, errors.New(cause(out, err))
	}
	if err := b.giveAccount(); err != nil {
		return j, err
	}
	return b.bundled(j)
}
