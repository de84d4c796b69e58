package test

import (
	"os"
	"os/exec"
	goruntime "runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// cost is what a launch costs that does not depend on how busy the machine is: the times in
// test/bench do.
type cost struct{ faults, switches, threads, calls int }

// Each lever at the start of the program saves more than these bounds leave. They hold for amd64;
// the program is static, and all that it does counts, too. Where a bound is exceeded something is
// new at the start of each launch: find out what, with "perf record -e page-faults -c 1 -g" and
// "strace -f", before you raise it.
func TestStartUpCosts(t *testing.T) {
	if goruntime.GOARCH != "amd64" || os.Getenv("GOCOVERDIR") != "" {
		t.Log("the bounds are those of the binary for amd64, without counters")
		return
	}
	in := tree(native)
	for options, bound := range map[string]cost{
		"-r " + in + "/bin/busybox true":                {274, 11, 3, 390},
		"-rpf --mount-proc --root=" + in + " /bin/true": {276, 14, 3, 402},
		"--into=" + in + " --map=root /bin/true":        {330, 20, 3, 715},
	} {
		if !strings.HasPrefix(goruntime.Version(), "go1.26") { // another runtime, which makes more or fewer of each
			bound = cost{bound.faults * 3 / 2, bound.switches * 3 / 2, bound.threads + 2, bound.calls * 3 / 2}
		}
		got := costs(t, words(options), bound)
		t.Logf("%s: %+v", options, got)
		if got.faults > bound.faults || got.switches > bound.switches || got.threads > bound.threads || got.calls > bound.calls {
			t.Errorf("%s costs %+v, at most %+v was promised", options, got, bound)
		}
	}
}

// costs are the page faults, system calls and threads of the cheapest of some launches, and the
// voluntary switches of the median. Half the traced launches, and more on a busy machine, have one
// thread more, with the calls that start it, since each stop gives the runtime a reason for it:
// more are tried where none has been cheap enough.
func costs(t *testing.T, args []string, bound cost) (c cost) {
	t.Helper()
	const rounds, most = 15, 150
	var faults, switches, threads, calls []int
	for range rounds {
		cmd := exec.Command(binary(), args...)
		cmd.Env = plainEnvironment
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		faults, switches = append(faults, int(used.Minflt)), append(switches, int(used.Nvcsw))
	}
	for i := 0; i < rounds || i < most && (slices.Min(threads) > bound.threads || slices.Min(calls) > bound.calls); i++ {
		some, others := traced(t, args)
		threads, calls = append(threads, some), append(calls, others)
	}
	slices.Sort(switches)
	return cost{slices.Min(faults), switches[rounds/2], slices.Min(threads), slices.Min(calls)}
}

var plainEnvironment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/", "TERM=dumb", "LANG=C.UTF-8"}

// traced counts threads of the program, and system calls of it and all that it starts, by
// ptrace(2).
func traced(t *testing.T, args []string) (threads, calls int) {
	t.Helper()
	goruntime.LockOSThread() // the one that traces
	defer goruntime.UnlockOSThread()
	cmd := exec.Command(binary(), args...)
	cmd.Env = plainEnvironment
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := counter{first: cmd.Process.Pid, threads: 1, inside: map[int]bool{}}
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			t.Fatal(err)
		case status.Stopped():
			_ = unix.PtraceSyscall(pid, c.count(pid, status))
		case pid == c.first && status.ExitStatus() == 0:
			return c.threads, c.calls
		case pid == c.first:
			t.Fatalf("%v: traced, it ends with %v", args, status)
		}
	}
}

// A counter counts what tracees are stopped for.
type counter struct {
	first          int          // the program
	inside         map[int]bool // who has been seen, and whether it is in a system call
	threads, calls int
}

// count returns the signal that the tracee is to get when it goes on; 0 for none.
func (c *counter) count(pid int, status unix.WaitStatus) (signal int) {
	inside, seen := c.inside[pid]
	c.inside[pid] = inside
	switch sig := status.StopSignal(); {
	case pid == c.first && !seen: // its execve
		_ = unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_TRACEFORK|unix.PTRACE_O_TRACEVFORK|unix.PTRACE_O_EXITKILL)
	case sig == unix.SIGTRAP|0x80:
		c.inside[pid] = !inside
		if !inside {
			c.calls++
		}
	case sig == unix.SIGTRAP:
		if status.TrapCause() == unix.PTRACE_EVENT_CLONE {
			c.threads++
		}
	case sig == unix.SIGSTOP && !seen: // a new one
	default:
		return int(sig)
	}
	return 0
}
