package main

import (
	"context"
	"fmt"
	"time"
)

// A load is what a shell does again and again where rules are followed, and the goal for how much
// processor time that takes by tracing, compared with a rule of the kernel.
type load struct {
	name  string
	count int
	body  string
	goal  float64
}

// FOREIGN stands for an arm64 program.
var loads = []load{
	{"foreign exec", 40, "FOREIGN true", 1.1},
	{"native exec", 400, "/bin/true", 1.3},
	{"fork", 1500, "(:)", 1.0},
}

const (
	byKernel = "kernel, "
	byTrace  = "trace, "
)

// tracedRounds is enough: each start is some hundred execs.
const tracedRounds = 40

// tracedContenders runs every load under the kernel's rules, and under the tracer.
func tracedContenders() (list []contender) {
	for _, l := range loads {
		for who, mode := range map[string]string{byKernel: "kernel", byTrace: "trace"} {
			list = append(list, contender{name: who + l.name, tool: "xunshare", argv: l.args(mode)})
		}
	}
	return list
}

func (l load) args(mode string) func(j job) []string {
	return func(j job) []string {
		script := fmt.Sprintf("FOREIGN() { %s/bin/busybox \"$@\"; }; i=0; while [ $i -lt %d ]; do %s; i=$((i+1)); done", j.tree, l.count, l.body)
		return []string{"--binfmt=" + mode, "--arch=arm64", "--emulator=arm64=" + j.emulator, "sh", "-c", script}
	}
}

// traced compares the tracer with rules of the kernel, by processor time: what else the machine
// does falls on that least.
func (b *bench) traced(ctx context.Context) error {
	table := tracedContenders()
	if !b.wants("traced", table) {
		return nil
	}
	j, err := b.foreignJob(ctx)
	if err != nil {
		return b.skip(ctx, "traced", err)
	}
	few := *b
	few.opts.rounds = min(few.opts.rounds, tracedRounds)
	results, err := few.race(ctx, "traced", table, j)
	fmt.Printf("\ntraced: rules followed by tracing, processor time for each, us\n%-14s %9s %9s %12s %9s\n", "", "kernel", "trace", "ratio of min", "median")
	for _, l := range loads {
		kernel, trace := summarize(resultOf(results, byKernel+l.name).cpu), summarize(resultOf(results, byTrace+l.name).cpu)
		each := func(d time.Duration) int64 { return d.Microseconds() / int64(l.count) }
		fmt.Printf("%-14s %9d %9d %12s %9s   goal: at most %.1fx\n", l.name, each(kernel.min), each(trace.min), times(trace.min, kernel.min),
			times(trace.median, kernel.median), l.goal)
	}
	return err
}
