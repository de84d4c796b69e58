package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// onlyChild waits until a process has one child, and returns that.
func onlyChild(t *testing.T, pid int) int {
	t.Helper()
	var found []string
	eventually(t, fmt.Sprint("a child of ", pid), func() bool {
		found = nil
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			found = append(found, words(string(text))...)
		}
		return len(found) == 1
	})
	child, _ := strconv.Atoi(found[0])
	return child
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there is still not %s", what)
		}
	}
}
