package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const settle = 300 * time.Millisecond

// memory is what /proc says of a launcher that waits for its program.
type memory struct {
	name   string
	fields map[string]string // KiB
	reason string
}

func (m memory) field(name string) string {
	if kib, ok := m.fields[name]; ok {
		return kib
	}
	return "?"
}

// waiting looks at one launcher after the other while its program sleeps.
func (b *bench) waiting(ctx context.Context) error {
	if !b.wants("waiting", nativeContenders) {
		return nil
	}
	j, err := b.nativeJob(ctx, "/bin/sleep", "2")
	if err != nil {
		return b.skip(ctx, "waiting", err)
	}
	var results []memory
	for _, r := range b.entrants("waiting", nativeContenders, j) {
		m := memory{name: r.name, reason: r.reason}
		if m.reason == "" {
			m = b.watch(ctx, r.name, r.argv)
		}
		results = append(results, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	printMemory(results)
	printMemoryGoal(results, 6144)
	return nil
}

// watch lets the program end by itself: a killed launcher could leave it behind.
func (b *bench) watch(ctx context.Context, name string, argv []string) memory {
	m := memory{name: name, fields: map[string]string{}}
	var out bytes.Buffer
	cmd := b.user(exec.CommandContext(ctx, argv[0], argv[1:]...))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		m.reason = "left out: " + err.Error()
		return m
	}
	time.Sleep(settle)
	for _, file := range []string{"status", "smaps_rollup"} {
		readKiB(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, file), m.fields)
	}
	if err := cmd.Wait(); err != nil {
		m.reason = "left out: " + cause(out.Bytes(), err)
	}
	return m
}

// readKiB collects the lines of the form "VmRSS:  1234 kB". What cannot be read stays unknown.
func readKiB(path string, into map[string]string) {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[2] == "kB" {
			into[strings.TrimSuffix(f[0], ":")] = f[1]
		}
	}
}
