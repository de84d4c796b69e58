package test

import (
	"os"
	"strings"
	"testing"
)

// What keeps the program from starting is said in one sentence, with its remedy, and not by the Go runtime's stack.
func TestSurroundings(t *testing.T) {
	bare := withoutProc(t, native)
	os.RemoveAll(bare + "/dev")
	copyFile(t, binary(), bare+"/bin/xunshare")
	inBare := binary() + " -rm --root=" + bare + " /bin/sh -c "
	for line, want := range map[string][]string{
		"ulimit -v 100000; $X -r true":                         {"of address space is allowed (RLIMIT_AS)", "raise the limit: ulimit -v"},
		"ulimit -v 700000; $X -r true":                         {"of address space is allowed (RLIMIT_AS)", "raise the limit: ulimit -v"},
		"ulimit -d 20000; $X -r true":                          {"of data is allowed (RLIMIT_DATA)", "raise the limit: ulimit -d"},
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
