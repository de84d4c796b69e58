package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// The builders build in a foreign tree, emulated and not, and for this machine with its own compiler,
// which is the floor.
var nativeBuilders = []contender{
	{name: "emulated", tool: "xunshare", argv: inTreeArgs()},
	{name: "native", tool: "xunshare", argv: inTreeArgs("--native")},
	{name: "proot", tool: "proot", argv: prootInTreeArgs, via: "older"},
	{name: floor, tool: "env", argv: func(j job) []string { return with(j.target, "-C", j.copy) }},
}

// floor is the contender that builds for this machine.
const floor = "this machine"

func inTreeArgs(options ...string) func(j job) []string {
	return func(j job) []string {
		args := []string{"--into=" + j.tree, "--emulator=arm64=" + j.emulator, "--map=root", "--fake-ids", "--suppress-sync",
			"--tmpfs=/mnt", "--bind=" + j.copy + ":/mnt/work", "--wd=/mnt/work"}
		return with(j.target, append(args, options...)...)
	}
}

func prootInTreeArgs(j job) []string {
	args := []string{"-0", "-q", j.emulator, "-r", j.tree, "-b", "/proc", "-b", "/dev", "-b", j.copy + ":/mnt", "-w", "/mnt"}
	return with(j.target, args...)
}

// A project is something to be built: prepare is run once and script is timed, in a new copy.
type project struct {
	name, archive   string
	prepare, script string
	emulated, floor float64 // the goals: at least this much faster than emulated, at most this much slower than the floor
}

// All but the last are in Debian 12.
var projects = []project{
	{"zlib, make", "z/zlib/zlib_1.2.13.dfsg.orig.tar.bz2", "./configure", "make", 12, 1.3},
	{"lua, make", "l/lua5.4/lua5.4_5.4.4.orig.tar.gz", "", "make linux", 12, 1.3},
	{"hello, make", "h/hello/hello_2.10.orig.tar.gz", "./configure", "make", 12, 1.3},
	{"hello, configure", "h/hello/hello_2.10.orig.tar.gz", "", "./configure", 12, 1.3},
	{"200 x sh -c :", "", "", "i=0; while [ $i -lt 200 ]; do sh -c :; i=$((i+1)); done", 15, 0},
}

// nativeTools times builds in a foreign tree.
func (b *bench) nativeTools(ctx context.Context) error {
	const name = "native-tools"
	asked := b.opts.only.String()
	if asked != "native" && !strings.Contains(asked, name) || asked != "native" && !b.wants(name, nativeBuilders) {
		return nil
	}
	j := job{copy: b.path("builds/work")}
	var err error
	if j.emulator, err = b.foreignEmulator(ctx); err == nil {
		err = errors.Join(b.giveAccount(), b.give("builds"))
	}
	if err == nil {
		j.tree, err = b.given(ctx, "", "get-build-tree", "arm64")
	}
	if err == nil {
		j.tree, err = b.reachableTree(ctx, j.tree, "builds/tree")
	}
	if err != nil {
		return b.skip(ctx, name, err)
	}
	for _, p := range projects {
		if err := b.buildAll(ctx, p, j); err != nil {
			return b.skip(ctx, name, err)
		}
	}
	return nil
}

// buildAll times a project.
func (b *bench) buildAll(ctx context.Context, p project, j job) error {
	j.target = []string{"sh", "-c", "{ " + p.script + "; } >/dev/null 2>&1"}
	results := b.entrants("native-tools", nativeBuilders, j)
	for range b.opts.builds {
		for _, i := range rand.Perm(len(results)) {
			if err := b.buildProject(ctx, p, j, results[i]); err != nil {
				return err
			}
		}
	}
	printTimes(p.name, results, "emulated", floor)
	native := medianOf(results, "native")
	fmt.Printf("goal: at least %.0fx faster than emulated: %s\n", p.emulated, times(medianOf(results, "emulated"), native))
	if p.floor > 0 {
		fmt.Printf("goal: at most %.1fx of %s: %s\n", p.floor, floor, times(native, medianOf(results, floor)))
	}
	return nil
}

// buildProject times one build. What comes before it is done natively, and so is not waited for.
func (b *bench) buildProject(ctx context.Context, p project, j job, r *result) error {
	if r.reason != "" {
		return nil
	}
	if err := errors.Join(os.RemoveAll(j.copy), b.give("builds/work")); err != nil {
		return err
	}
	if p.archive != "" {
		file, err := b.fetch(ctx, p.archive)
		if err == nil {
			err = b.run(ctx, "tar", "-x", "-f", file, "--strip-components=1", "-C", j.copy)
		}
		if err != nil {
			return err
		}
	}
	j.target = []string{"sh", "-c", "{ " + cmp.Or(p.prepare, ":") + "; } >/dev/null 2>&1"}
	prepare, how := append([]string{"xunshare"}, inTreeArgs("--native")(j)...), b.path("xunshare")
	if r.name == floor {
		prepare, how = append([]string{"env", "-C", j.copy}, j.target...), "env"
	}
	if err := b.run(ctx, how, prepare[1:]...); err != nil {
		return err
	}
	unix.Sync()
	b.start(ctx, r)
	return ctx.Err()
}

// fetch gets a file of Debian's archive, once.
func (b *bench) fetch(ctx context.Context, name string) (string, error) {
	file := b.path(path.Base(name))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.opts.mirror+"/pool/main/"+name, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", request.URL, answer.Status)
	}
	f, err := os.Create(file)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, answer.Body)
	return file, errors.Join(err, f.Close())
}
