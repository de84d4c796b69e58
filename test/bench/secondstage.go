package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// The builders configure the same unpacked packages. One of them lets files be
// written to the disk, as proot does.
var buildContenders = []contender{
	{name: "xunshare, --fake-ids", tool: "xunshare", argv: buildArgs("--map=root", "--fake-ids", "--suppress-sync")},
	{name: "xunshare, traced", tool: "xunshare", argv: buildArgs("--map=root", "--fake-ids", "--suppress-sync", "--binfmt=trace")},
	{name: "xunshare, native", tool: "xunshare", argv: buildArgs("--map=root", "--fake-ids", "--suppress-sync", "--native=@build,@deb,perl")},
	{name: "xunshare, sub-ids", tool: "xunshare", argv: buildArgs("--map=subids", "--suppress-sync")},
	{name: "xunshare, fsync", tool: "xunshare", argv: buildArgs("--map=root", "--fake-ids")},
	{name: "proot", tool: "proot", argv: prootBuildArgs, via: "older"},
}

const (
	suite = "bookworm"
	// container keeps debootstrap from trying to make a device (detect_container in its functions).
	container = "container=lxc"
)

func buildArgs(options ...string) func(j job) []string {
	return func(j job) []string {
		args := append([]string{"--into=" + j.tree, "--setenv=" + container, "--emulator=arm64=" + j.emulator}, options...)
		return with(j.target, args...)
	}
}

func prootBuildArgs(j job) []string {
	args := []string{"-0", "-q", j.emulator, "-r", j.tree, "-b", "/proc", "-b", "/dev", "-b", "/sys", "-w", "/", "/usr/bin/env", container}
	return with(j.target, args...)
}

// secondStage times debootstrap's second stage of a small foreign system.
func (b *bench) secondStage(ctx context.Context) error {
	const name = "second-stage"
	if !strings.Contains(b.opts.only.String(), name) || !b.wants(name, buildContenders) {
		return nil
	}
	emulator, err := b.foreignEmulator(ctx)
	if err == nil {
		err = errors.Join(b.giveAccount(), b.firstStage(ctx))
	}
	if err != nil {
		return b.skip(ctx, name, err)
	}
	j := job{tree: b.path("builds/tree"), emulator: emulator, target: []string{"/bin/sh", "/debootstrap/debootstrap", "--second-stage"}}
	results := b.entrants(name, buildContenders, j)
	for range b.opts.builds {
		for _, i := range rand.Perm(len(results)) {
			if err := b.build(ctx, results[i]); err != nil {
				return err
			}
		}
	}
	printBuilds(results)
	return nil
}

// firstStage unpacks a system, once.
func (b *bench) firstStage(ctx context.Context) error {
	if err := b.give("builds"); err != nil {
		return err
	}
	fmt.Printf("\nsecond-stage: unpacking a system from %s\n", b.opts.mirror)
	return b.run(ctx, b.path("xunshare"), "-r", "--fake-ids", "--suppress-sync", "--setenv="+container,
		"debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", suite, b.path("builds/first"), b.opts.mirror)
}

// build times one build in a new copy. The sub-ids' files can be removed only where they are
// mapped.
func (b *bench) build(ctx context.Context, r *result) error {
	if r.reason != "" {
		return nil
	}
	tree := b.path("builds/tree")
	if err := b.run(ctx, "cp", "-a", b.path("builds/first"), tree); err != nil {
		return err
	}
	unix.Sync() // nobody is to wait for what the copy has left to write
	b.start(ctx, r)
	if n := len(r.times); n > 0 {
		fmt.Printf("second-stage: %s took %.1f s\n", r.name, r.times[n-1].Seconds())
	}
	return errors.Join(ctx.Err(), b.run(context.WithoutCancel(ctx), b.path("xunshare"), "--map=auto", "rm", "-rf", tree))
}

// run runs a command as the user.
func (b *bench) run(ctx context.Context, name string, args ...string) error {
	if out, err := b.user(exec.CommandContext(ctx, name, args...)).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %s", name, cause(out, err))
	}
	return ctx.Err()
}

func printBuilds(results []*result) {
	proot := medianOf(results, "proot")
	fmt.Printf("\nsecond-stage: debootstrap of arm64, minbase\n%-22s %7s %8s %9s %9s\n", "", "min s", "median s", "cpu s", "proot is")
	for _, r := range results {
		if r.reason != "" {
			fmt.Printf("%-22s %s\n", r.name, r.reason)
			continue
		}
		s := summarize(r.times)
		fmt.Printf("%-22s %7.1f %8.1f %9.1f %9s\n", r.name, s.min.Seconds(), s.median.Seconds(),
			summarize(r.cpu).median.Seconds(), times(proot, s.median))
	}
	fmt.Printf("goal: by tracing at most 1.05x of --fake-ids: %s\n", times(medianOf(results, "xunshare, traced"), medianOf(results, "xunshare, --fake-ids")))
	fmt.Printf("goal: natively at least 3x faster than --fake-ids: %s\n", times(medianOf(results, "xunshare, --fake-ids"), medianOf(results, "xunshare, native")))
	fmt.Printf("goal: proot takes at least 1.5x of --fake-ids: %s\n", times(proot, medianOf(results, "xunshare, --fake-ids")))
}
