package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// job is what all contenders of a suite are asked to do: run target inside tree.
type job struct {
	tree     string
	target   []string
	emulator string // foreign trees only, as is rule
	rule     string
	bundle   string // the same job in the form that OCI runtimes want
	state    string // a directory for their state
	ready    bool   // with all that --into mounts
	copy     string // of the tree, for who writes into it
}

// contender is one way to do a job.
type contender struct {
	name string
	tool string                   // looked up in PATH, unless the driver brings it along
	argv func(j job) []string     // what follows the tool's name
	lack func(tool string) string // why the tool cannot do it, "" if it can; nil if every version can
	root bool                     // only root can do it so, and does
	via  string                   // a program of ours that starts the tool
}

// The contenders mount no more than /proc, with one exception: OCI runtimes put devices into the
// tree unless the bundle mounts a /dev. proot has no namespaces, and bwrap leaves a process of its
// own as pid 1.
var nativeContenders = []contender{
	{name: "xunshare", tool: "xunshare", argv: unshareArgs},
	{name: "unshare", tool: "unshare", argv: unshareArgs},
	{name: "bwrap", tool: "bwrap", argv: bwrapArgs},
	{name: "crun", tool: "crun", argv: crunArgs},
	{name: "runc", tool: "runc", argv: runcArgs},
	{name: "proot", tool: "proot", argv: prootArgs},
	{name: "limit", tool: "limit", argv: limitArgs},
}

// emulator, the last of the foreign contenders, enters nothing: it shows how much of the other
// figures is not the launcher's.
var foreignContenders = []contender{
	{name: "xunshare", tool: "xunshare", argv: xunshareForeignArgs},
	{name: "unshare", tool: "unshare", argv: unshareForeignArgs, lack: lackLoadInterp},
	{name: "proot", tool: "proot", argv: prootArgs},
	{name: "limit", tool: "limit", argv: limitArgs},
	{name: "emulator", tool: "emulator", argv: emulatorArgs},
}

func unshareArgs(j job) []string {
	return with(j.target, "-r", "-m", "-p", "-f", "--mount-proc", "--root="+j.tree)
}

func xunshareForeignArgs(j job) []string {
	return with(j.target, "-r", "-m", "-p", "-f", "--mount-proc", "--load-binfmt="+j.rule, "--root="+j.tree)
}

func unshareForeignArgs(j job) []string {
	return with(j.target, "-r", "-m", "-p", "-f", "--mount-proc", "--load-interp="+j.rule, "--root="+j.tree)
}

func bwrapArgs(j job) []string {
	return with(j.target, "--unshare-user", "--unshare-pid", "--uid", "0", "--gid", "0",
		"--bind", j.tree, "/", "--proc", "/proc")
}

func crunArgs(j job) []string {
	return []string{"--root", j.state + "/crun", "--cgroup-manager=disabled", "run", "--bundle", j.bundle, "bench"}
}

func runcArgs(j job) []string {
	return []string{"--root", j.state + "/runc", "run", "--bundle", j.bundle, "bench"}
}

func prootArgs(j job) []string {
	args := []string{"-r", j.tree, "-w", "/"}
	if j.emulator != "" {
		args = append(args, "-q", j.emulator)
	}
	return with(j.target, args...)
}

func limitArgs(j job) []string {
	if j.rule != "" {
		return with(j.target, "-l", j.rule, j.tree)
	}
	return with(j.target, j.tree)
}

func emulatorArgs(j job) []string {
	return append([]string{"-L", j.tree, j.tree + j.target[0]}, j.target[1:]...)
}

// with puts the target after the launcher's own arguments.
func with(target []string, args ...string) []string {
	return append(args, target...)
}

// lackLoadInterp asks the usage text and not the version, because distributions backport.
func lackLoadInterp(tool string) string {
	help, err := exec.Command(tool, "--help").Output()
	if err != nil || !strings.Contains(string(help), "--load-interp") {
		return "cannot: needs util-linux 2.41"
	}
	return ""
}

// command is the contender's whole argv for a job, or the reason why there is none.
func (b *bench) command(c contender, j job) (argv []string, reason string) {
	tool, err := b.tool(c.tool, j)
	if err != nil {
		return nil, err.Error()
	}
	if c.root && !b.root {
		return nil, "cannot: needs root"
	}
	if c.lack != nil {
		if reason := c.lack(tool); reason != "" {
			return nil, reason
		}
	}
	argv = append([]string{tool}, c.argv(j)...)
	if c.via != "" {
		argv = append([]string{b.path(c.via)}, argv...)
	}
	return argv, ""
}

func (b *bench) tool(name string, j job) (string, error) {
	switch name {
	case "xunshare":
		if _, err := os.Stat(b.path("xunshare")); err != nil {
			return "", fmt.Errorf("not built: no %s", b.xunshare())
		}
		return b.path("xunshare"), nil
	case "limit":
		return b.path("limit"), nil
	case "emulator":
		return j.emulator, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("not installed")
	}
	return path, nil
}
