package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What keeps the program from starting is said in one sentence, with its remedy, and not by the Go
// runtime's stack.
func TestSurroundings(t *testing.T) {
	bare := withoutProc(t, native)
	os.RemoveAll(bare + "/dev")
	copyFile(t, binary(), bare+"/bin/xunshare")
	inBare := binary() + " -rm --root=" + bare + " /bin/sh -c "
	for line, want := range map[string][]string{
		"ulimit -v 100000; $X -r true":                         {"of address space is allowed (RLIMIT_AS)", "raise the limit: ulimit -v"},
		"ulimit -v 700000; $X -r true":                         {"of address space is allowed (RLIMIT_AS)", "raise the limit: ulimit -v"},
		"ulimit -d 20000; $X -r true":                          {"of data is allowed (RLIMIT_DATA)", "raise the limit: ulimit -d"},
		"ulimit -s 40; $X -r true":                             {"of stack is allowed (RLIMIT_STACK)", "raise the limit: ulimit -s"},
		"ulimit -f 0; $X --into=" + tree(native) + " true":     {"files of 0 bytes (RLIMIT_FSIZE) are too small", "raise the limit: ulimit -f"},
		"ulimit -n 0; $X --into=" + tree(native) + " true":     {"open files are allowed (RLIMIT_NOFILE)", "raise the limit: ulimit -n 256"},
		"ulimit -n 4; $X -r true":                              {"open files are allowed (RLIMIT_NOFILE)", "raise the limit: ulimit -n 256"},
		"ulimit -n 12; $X --into=. true 3<. 4<. 5<.":           {"12 open files (RLIMIT_NOFILE) are too few", "raise the limit: ulimit -n 256"},
		"ulimit -n 11; $X -r true 3<. 4<. 5<. 6<. 7<.":         {"11 open files (RLIMIT_NOFILE) are too few", "raise the limit: ulimit -n 256"},
		"ulimit -n 16; $X --into=" + tree(native) + " true":    {"16 open files (RLIMIT_NOFILE) are too few", "raise the limit: ulimit -n 256"},
		inBare + "'/bin/xunshare -V <&-'":                      {"there is no /dev/null to open in its place", "mknod -m 666 /dev/null c 1 3"},
		inBare + "'exec /bin/xunshare --into=/ /bin/true'":     {"/proc is not mounted here", "mount -t proc proc /proc"},
		inBare + "'/bin/xunshare --arch=auto --root=/ -r /no'": {"/proc is not mounted here", "mount -t proc proc /proc"},
	} {
		said := shell("{ "+line+"; } 2>&1; echo status $?", "X="+binary())
		for _, part := range append(want, "status 1\n") {
			if !strings.Contains(said, part) {
				t.Errorf("%s: %q is not in\n%s", line, part, said)
			}
		}
		if n := strings.Count(said, "\n"); n > 4 {
			t.Errorf("%s: %d lines:\n%s", line, n, said)
		}
	}
	said := shell("ulimit -v 900000; ulimit -d 100000; ulimit -n 10; $X -r echo goes on", "X="+binary())
	if said != "goes on\n" {
		t.Errorf("with limits that are high enough: %s", said)
	}
}

// Under each limit a launch works, or ends with one sentence and hints: never with what the Go
// runtime prints.
func TestLimits(t *testing.T) {
	for kind, limits := range map[string][]int{
		"as":     sweep(64, 4096, 48, 1<<20),
		"data":   sweep(1, 256, 7, 1<<20),
		"stack":  sweep(16, 512, 16, 1<<10), // with less the kernel kills any program
		"nofile": sweep(0, 32, 1, 1),
		"fsize":  {0, 1, 4096},
		"nproc":  sweep(0, 24, 1, 1),
	} {
		for _, line := range []string{"true", "-r true", "--into=" + copyTree(t) + " true"} {
			t.Run(kind+" "+words(line)[0], func(t *testing.T) {
				for _, n := range limits {
					if kind == "nproc" {
						n += threads() - 2
					}
					args := append([]string{fmt.Sprintf("--%s=%d", kind, n), binary()}, words(line)...)
					checkLimited(t, kind, n, finish(t, exec.Command("prlimit", args...)))
				}
			})
		}
	}
}

func sweep(from, to, step, unit int) (list []int) {
	for n := from; n <= to; n += step {
		list = append(list, n*unit)
	}
	return list
}

// threads is how many the user has, as far as /proc tells.
func threads() (count int) {
	tasks, _ := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	for _, task := range tasks {
		var info unix.Stat_t
		if unix.Stat(task, &info) == nil && int(info.Uid) == os.Getuid() {
			count++
		}
	}
	return count
}

func checkLimited(t *testing.T, kind string, n int, r result) {
	t.Helper()
	lines := strings.SplitAfter(r.err, "\n")
	good := r.status == 0 && r.err == ""
	if r.status == 1 && strings.HasPrefix(lines[0], "xunshare: ") && len(lines) > 2 {
		good = !strings.Contains(lines[0], "note: ")
		for _, line := range lines[1 : len(lines)-1] {
			good = good && strings.HasPrefix(line, "xunshare: hint: ")
		}
	}
	if !good {
		t.Errorf("--%s=%d: status %d\n%.500s", kind, n, r.status, r.err)
	}
}

// A target has the limits that its launch had.
func TestLimitsAreInherited(t *testing.T) {
	limits := words("--as=3000000000:4000000000 --data=200000000:300000000 --stack=1000000:9000000 --nofile=40:50 --fsize=100000:200000 " +
		"--nproc=5000:6000 --core=1000:2000 --cpu=1000:2000 --memlock=8000:9000 --sigpending=100:200 --msgqueue=100:200")
	show := []string{"cat", "/proc/self/limits"}
	limited := func(command ...string) result {
		return finish(t, exec.Command("prlimit", append(limits, command...)...))
	}
	want := limited(show...)
	if want.status != 0 || !strings.Contains(want.out, "3000000000") {
		t.Fatalf("%+v", want)
	}
	for _, line := range []string{"", "-r", "-rpf --init --mount-proc", "--into=" + tree(native)} {
		if r := limited(append(append([]string{binary()}, words(line)...), show...)...); r.status != 0 || r.out != want.out {
			t.Errorf("%s: %+v\nnot\n%s", line, r, want.out)
		}
	}
}
