package main

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
)

// To raise the limit means more than what there is: a launch into a deep tree of another user's has
// a few descriptors open for each level.
func TestRaiseTheLimit(t *testing.T) {
	want := fmt.Sprintf("raise the limit: ulimit -n %d", max(256, 4*limit(unix.RLIMIT_NOFILE)))
	if got := remedy.Hints(limited(syscall.EMFILE)); !slices.Equal(got, []string{want}) {
		t.Errorf("%q, want %q", got, want)
	}
}
