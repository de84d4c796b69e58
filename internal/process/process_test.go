package process

import (
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// What is read of this process is what the system calls say of it.
func TestStatus(t *testing.T) {
	s, err := StatusOf(os.Getpid())
	groups, _ := unix.Getgroups()
	slices.Sort(groups)
	others := []uint32{}
	for _, g := range groups {
		others = append(others, uint32(g))
	}
	mask := unix.Umask(0o27)
	unix.Umask(mask)
	if err != nil || s.Process != os.Getpid() || s.Parent != os.Getppid() || s.Umask != uint32(mask) || s.Users[0] != uint32(os.Getuid()) ||
		s.Groups[3] != uint32(os.Getegid()) || !slices.Equal(s.Others, others) || s.State != 'R' && s.State != 'S' || s.Caught>>(unix.SIGURG-1)&1 == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := StatusOf(1 << 30); err == nil {
		t.Error("a process that is not there has a status")
	}
}
