package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const warmUps = 3

// result is what became of one contender: times, or the reason why there are none.
type result struct {
	name   string
	argv   []string
	root   bool
	times  []time.Duration
	cpu    []time.Duration
	peak   int // KiB, the largest of all starts
	reason string
}

// race warms every contender up and then starts them in turn, in another order each round.
// Contenders that were not asked for are not in the results; those that cannot run are, with the
// reason. An interrupted race returns what it has.
func (b *bench) race(ctx context.Context, suite string, table []contender, j job) ([]*result, error) {
	results := b.entrants(suite, table, j)
	for _, r := range results {
		if r.reason == "" {
			r.reason = b.warmUp(ctx, r)
		}
	}
	for range b.opts.rounds {
		for _, i := range rand.Perm(len(results)) {
			if results[i].reason == "" {
				b.start(ctx, results[i])
			}
			if ctx.Err() != nil {
				return results, ctx.Err()
			}
		}
	}
	return results, nil
}

// entrants are the contenders that were asked for, with their commands or the reason why there is
// none.
func (b *bench) entrants(suite string, table []contender, j job) []*result {
	var results []*result
	for _, c := range table {
		if b.opts.only.MatchString(suite + "/" + c.name) {
			argv, reason := b.command(c, j)
			results = append(results, &result{name: c.name, argv: argv, root: c.root, reason: reason})
		}
	}
	return results
}

// warmUp returns why the command fails, in its own words, or "".
func (b *bench) warmUp(ctx context.Context, r *result) string {
	for range warmUps {
		cmd := b.as(exec.CommandContext(ctx, r.argv[0], r.argv[1:]...), r.root)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "left out: " + cause(out, err)
		}
	}
	return ""
}

// cause is the first line that a failed command said: hints follow, if any.
func cause(out []byte, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" {
		return err.Error()
	}
	return line
}

// start times one start. A contender that fails now, after the warm-up, has no figures either.
func (b *bench) start(ctx context.Context, r *result) {
	out, err := b.as(exec.CommandContext(ctx, b.path("start"), r.argv...), r.root).Output()
	if ctx.Err() != nil {
		return
	}
	var nanoseconds, cpu int64
	var peak, status int
	if err == nil {
		_, err = fmt.Sscan(string(out), &nanoseconds, &cpu, &peak, &status)
	}
	if err == nil && status != 0 {
		err = errors.New(describe(syscall.WaitStatus(status)))
	}
	if err != nil {
		r.reason = fmt.Sprintf("left out: start %d: %v", len(r.times)+1, err)
		return
	}
	r.times = append(r.times, time.Duration(nanoseconds))
	r.cpu = append(r.cpu, time.Duration(cpu))
	r.peak = max(r.peak, peak)
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "killed by " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}
