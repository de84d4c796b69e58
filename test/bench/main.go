// Command bench times how long launchers take to start a program, side by side in one run.
//
//	go run ./test/bench [-rounds 200] [-only REGEXP] [-tree DIR] [-foreign DIR] [-emulator PATH] [-rule FILE|STRING]
//		[-xunshare PATH] [-builds 1] [-mirror URL]
//
// Nine suites: "native" enters a busybox tree and runs /bin/true there, "into" does so with all
// that --into mounts, "foreign" in an arm64 tree through an emulator, "traced" follows rules in the
// kernel and by tracing, "waiting" looks at the memory of the launcher while its program runs,
// "user" makes a user namespace and no more, "in-place" replaces the launcher by the program, as
// root, "subids" maps sub-ids, "calls" times system calls behind a filter. Every round starts each
// contender once, in a new random order, so that what else the machine does falls on all of them
// alike. REGEXP selects among SUITE/CONTENDER, such as native/unshare.
//
// A tenth, "second-stage", has debootstrap build an arm64 system, and another, "native-tools", builds
// programs in one, emulated and natively. They run only if REGEXP names them ("native" does), for they
// take minutes for each contender, and the network; -builds says how often.
//
// The suites print figures and the goals that xunshare has set itself; they do not judge. What
// cannot run here is listed with the reason. Compare within one run only: between runs the machine
// changes more than the launchers differ.
//
// crun refuses machines with "hybrid" control groups; as root, unshare -m sh -c 'umount
// /sys/fs/cgroup/unified && go run ./test/bench' hides them from it, and from nothing else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
)

// options is what was asked on the command line.
type options struct {
	rounds   int
	only     *regexp.Regexp
	tree     string
	foreign  string
	emulator string
	rule     string
	xunshare string
	builds   int
	mirror   string
}

func main() {
	opts, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fail(err, 2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, opts); errors.Is(err, context.Canceled) {
		fail(errors.New("interrupted"), 130)
	} else if err != nil {
		fail(err, 1)
	}
}

func fail(err error, status int) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(status)
}

func parse(args []string) (options, error) {
	var o options
	only := ""
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 200, "start every contender this often")
	flags.IntVar(&o.builds, "builds", 1, "second-stage, native-tools: build with every contender this often")
	flags.StringVar(&o.mirror, "mirror", "http://deb.debian.org/debian", "second-stage, native-tools: `URL` of a Debian mirror")
	flags.StringVar(&only, "only", "", "only the contenders whose SUITE/NAME matches this `regexp`")
	flags.StringVar(&o.tree, "tree", "", "native `directory` to enter (default: a busybox tree made for the run)")
	flags.StringVar(&o.foreign, "foreign", "", "arm64 `directory` to enter (default: ask scripts/get-tree)")
	flags.StringVar(&o.emulator, "emulator", "", "`path` of the arm64 emulator (default: ask scripts/get-emulator)")
	flags.StringVar(&o.rule, "rule", "", "binfmt_misc rule of the emulator, the `string` or a file (default: a rule for it)")
	flags.StringVar(&o.xunshare, "xunshare", "", "`path` of xunshare (default: bin/xunshare of the project)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 || o.rounds < 1 || o.builds < 1 {
		return o, errors.New("usage: bench [options]; -rounds and -builds are at least 1, and there are no arguments")
	}
	var err error
	o.only, err = regexp.Compile(only)
	return o, err
}

func run(ctx context.Context, opts options) (err error) {
	b, err := prepare(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.remove()) }()
	b.printMachine()
	for _, suite := range []func(context.Context) error{b.native, b.into, b.foreign, b.traced, b.waiting, b.userOnly, b.inPlace, b.subids, b.calls, b.secondStage, b.nativeTools} {
		if err := suite(ctx); err != nil {
			return err
		}
	}
	return nil
}

// native times the way into a tree of the machine's own architecture.
func (b *bench) native(ctx context.Context) error {
	if !b.wants("native", nativeContenders) {
		return nil
	}
	j, err := b.nativeJob(ctx, "/bin/true")
	if err != nil {
		return b.skip(ctx, "native", err)
	}
	results, err := b.race(ctx, "native", nativeContenders, j)
	printTimes("native: namespaces, /proc, root change, /bin/true", results, "unshare", "limit")
	printTimeGoal(results, 1.35, "unshare")
	return err
}

// foreign times the way into an arm64 tree; the emulator's own start is in every figure.
func (b *bench) foreign(ctx context.Context) error {
	if !b.wants("foreign", foreignContenders) {
		return nil
	}
	j, err := b.foreignJob(ctx, "/bin/true")
	if err != nil {
		return b.skip(ctx, "foreign", err)
	}
	results, err := b.race(ctx, "foreign", foreignContenders, j)
	printTimes("foreign: the same into an arm64 tree, through an emulator", results, "unshare", "limit")
	printTimeGoal(results, 1.40, "unshare")
	return err
}

// wants reports whether any contender of the suite was asked for.
func (b *bench) wants(suite string, table []contender) bool {
	return slices.ContainsFunc(table, func(c contender) bool { return b.opts.only.MatchString(suite + "/" + c.name) })
}

// skip lets the other suites run, unless the whole run was interrupted.
func (b *bench) skip(ctx context.Context, suite string, err error) error {
	fmt.Printf("\n%s: left out: %v\n", suite, err)
	return ctx.Err()
}
