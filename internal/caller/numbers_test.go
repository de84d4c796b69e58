//go:build amd64 || arm64

package caller

import (
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNumbers(t *testing.T) {
	for _, n := range [][2]uintptr{{sysWrite, unix.SYS_WRITE}, {sysKill, unix.SYS_KILL}, {sysPrctl, unix.SYS_PRCTL}, {setTimerSlack, unix.PR_SET_TIMERSLACK}, {sysExitGroup, unix.SYS_EXIT_GROUP}, {sysNanosleep, unix.SYS_NANOSLEEP},
		{prlimit64(runtime.GOARCH), unix.SYS_PRLIMIT64}, {rlimitNofile, unix.RLIMIT_NOFILE}} {
		if n[0] != n[1] {
			t.Errorf("%d, and is %d", n[0], n[1])
		}
	}
}

// In the entry a comment names the call whose number stands before it.
func TestNumbersOfTheEntry(t *testing.T) {
	known := map[string]int{"prlimit64": unix.SYS_PRLIMIT64, "rt_sigprocmask": unix.SYS_RT_SIGPROCMASK, "rt_sigaction": unix.SYS_RT_SIGACTION,
		"fcntl": unix.SYS_FCNTL, "openat": unix.SYS_OPENAT, "close": unix.SYS_CLOSE, "write": unix.SYS_WRITE, "prctl": unix.SYS_PRCTL, "exit_group": unix.SYS_EXIT_GROUP}
	text, err := os.ReadFile("entry_" + runtime.GOARCH + ".s")
	if err != nil {
		t.Fatal(err)
	}
	calls := regexp.MustCompile(`\$(\d+), (?:AX|R8) // (\w+)`).FindAllStringSubmatch(string(text), -1)
	for _, call := range calls {
		if n, _ := strconv.Atoi(call[1]); n != known[call[2]] {
			t.Errorf("%s is %s, and is %d", call[2], call[1], known[call[2]])
		}
	}
	if made := strings.Count(string(text), "\tSYSCALL\n") + strings.Count(string(text), "\tSVC\n"); len(calls) != made {
		t.Errorf("%d calls have numbers, and %d are made", len(calls), made)
	}
}
