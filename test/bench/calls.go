package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

// How often the program calls makes its call, and how often it is started at most: the times are
// long.
const (
	callCount  = "1000000"
	callRounds = 20
)

// The contenders are the same program behind different filters. The first of each call is without
// any.
var callContenders = []contender{
	{name: "getppid", tool: "xunshare", argv: callArgs("getppid")},
	{name: "getppid, least filter", tool: "xunshare", argv: leastFilterArgs},
	{name: "getppid, --fake-ids", tool: "xunshare", argv: callArgs("getppid", "--fake-ids")},
	{name: "getppid, both", tool: "xunshare", argv: callArgs("getppid", "--fake-ids", "--suppress-sync")},
	{name: "getppid, guest", tool: "xunshare", argv: guestArgs(), lack: lackForeignCompiler},
	{name: "the same, --fake-ids", tool: "xunshare", argv: guestArgs("--fake-ids"), lack: lackForeignCompiler},
	{name: "chown", tool: "xunshare", argv: callArgs("chown")},
	{name: "chown, --fake-ids", tool: "xunshare", argv: callArgs("chown", "--fake-ids")},
	{name: "chown, faked", tool: "xunshare", argv: callArgs("unmapped", "--fake-ids")},
}

func callArgs(call string, options ...string) func(j job) []string {
	return func(j job) []string {
		return append(with(j.target, append([]string{"-r"}, options...)...), call, callCount)
	}
}

// guestArgs has an emulator make the calls, which is what the filter is for most of the time.
func guestArgs(options ...string) func(j job) []string {
	return func(j job) []string {
		return append(append([]string{"-r", "--arch=ppc"}, options...), j.target[0]+ofGuest, "getppid", callCount)
	}
}

// The tests need this compiler too.
const (
	foreignCompiler = "powerpc-linux-gnu-gcc"
	ofGuest         = ".ppc"
)

func lackForeignCompiler(string) string {
	if _, err := exec.LookPath(foreignCompiler); err != nil {
		return "cannot: needs " + foreignCompiler
	}
	return ""
}

func leastFilterArgs(j job) []string {
	return append(with(j.target, "-r"), "-f", "getppid", callCount)
}

// calls times system calls with and without the filter of --fake-ids.
func (b *bench) calls(ctx context.Context) error {
	if !b.wants("calls", callContenders) {
		return nil
	}
	few := *b
	few.opts.rounds = min(few.opts.rounds, callRounds)
	results, err := few.race(ctx, "calls", callContenders, job{target: []string{b.path("calls")}})
	fmt.Printf("\ncalls: %s system calls, ns for each\n%-22s %9s %9s\n", callCount, "", "min", "median")
	for _, r := range results {
		if r.reason != "" {
			fmt.Printf("%-22s %s\n", r.name, r.reason)
			continue
		}
		s := summarize(r.times)
		fmt.Printf("%-22s %9d %9d\n", r.name, s.min.Milliseconds(), s.median.Milliseconds())
	}
	printCallGoals(results)
	return err
}

// printCallGoals prints the goals; that for getppid no filter may reach natively, on kernels where
// filtering itself costs more.
func printCallGoals(results []*result) {
	median := func(name string) time.Duration { return medianOf(results, name) }
	fmt.Printf("goal: getppid with --fake-ids at most 1.15x of without: %s; with the least filter there is: %s\n",
		times(median("getppid, --fake-ids"), median("getppid")), times(median("getppid, least filter"), median("getppid")))
	if guest := median("getppid, guest"); guest > 0 {
		fmt.Printf("goal: the same in a guest at most 1.15x: %s\n", times(median("the same, --fake-ids"), guest))
	}
	fmt.Printf("goal: chown faked under 1.00x of real: %s\n", times(median("chown, faked"), median("chown")))
}
