package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// printMachine says what the figures depend on.
func (b *bench) printMachine() {
	var uts unix.Utsname
	_ = unix.Uname(&uts) // fields that stay empty are the worst that can happen
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("linux %s, %s, %d processors, load %s; uid %d, %d rounds\n", unix.ByteSliceToString(uts.Release[:]),
		runtime.GOARCH, runtime.NumCPU(), strings.Join(strings.Fields(string(load) + " ? ? ?")[:3], " "), b.uid, b.opts.rounds)
}

// printTimes compares the medians with those of the contenders named in than.
func printTimes(title string, results []*result, than ...string) {
	width := 10
	for _, r := range results {
		width = max(width, len(r.name))
	}
	fmt.Printf("\n%s\n%-*s %9s %9s %9s", title, width, "", "min us", "median us", "p90 us")
	for _, name := range than {
		fmt.Printf(" %9s", "x "+name)
	}
	fmt.Printf(" %13s\n", "peak RSS KiB")
	for _, r := range results {
		fmt.Printf("%-*s ", width, r.name)
		if r.reason != "" {
			fmt.Println(r.reason)
			continue
		}
		s := summarize(r.times)
		fmt.Printf("%9d %9d %9d", s.min.Microseconds(), s.median.Microseconds(), s.p90.Microseconds())
		for _, name := range than {
			fmt.Printf(" %9s", times(s.median, medianOf(results, name)))
		}
		fmt.Printf(" %13d\n", r.peak)
	}
}

// medianOf is zero for a contender without times.
func medianOf(results []*result, name string) time.Duration {
	return summarize(resultOf(results, name).times).median
}

// resultOf is the result of a contender; one without times if there is none.
func resultOf(results []*result, name string) *result {
	for _, r := range results {
		if r.name == name && r.reason == "" {
			return r
		}
	}
	return &result{}
}

func times(a, b time.Duration) string {
	if x, ok := ratio(a, b); ok {
		return fmt.Sprintf("%.2fx", x)
	}
	return "-"
}

func printTimeGoal(results []*result, most float64, than string) {
	got := times(medianOf(results, "xunshare"), medianOf(results, than))
	if got == "-" {
		got = "not known, one of them has no figures here"
	}
	fmt.Printf("goal: at most %.2fx of %s: %s\n", most, than, got)
}

func printMemory(results []memory) {
	fmt.Printf("\nwaiting: the launcher's own memory in KiB, %v after the start of a program that sleeps\n", settle)
	fmt.Printf("%-10s %8s %8s %8s %8s %8s\n", "", "VmRSS", "RssAnon", "RssFile", "Pss", "VmHWM")
	for _, m := range results {
		if m.reason != "" {
			fmt.Printf("%-10s %s\n", m.name, m.reason)
			continue
		}
		fmt.Printf("%-10s %8s %8s %8s %8s %8s\n", m.name, m.field("VmRSS"), m.field("RssAnon"), m.field("RssFile"),
			m.field("Pss"), m.field("VmHWM"))
	}
}

func printMemoryGoal(results []memory, under int) {
	got := "not known, it has no figures here"
	for _, m := range results {
		if m.name == "xunshare" && m.reason == "" {
			got = m.field("VmRSS") + " KiB"
		}
	}
	fmt.Printf("goal: VmRSS of xunshare under %d KiB: %s\n", under, got)
}
