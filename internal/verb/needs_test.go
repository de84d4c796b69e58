package verb

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Whether a child borrows its parent's memory decides whether some launches work at all, so each
// reason has a row. That every verb declares its needs is the compiler's business.
func TestBorrowedMemory(t *testing.T) {
	for name, c := range map[string]struct {
		call Call
		want bool
	}{
		"mount":                       {Mount{Target: "/proc", Type: "proc"}, true},
		"target":                      {Exec{}, true},
		"pid namespace":               {Unshare{Flags: unix.CLONE_NEWPID}, true},
		"user namespace":              {Unshare{Flags: unix.CLONE_NEWUSER}, false},
		"user":                        {SetUser{}, false},
		"group":                       {SetGroup{}, false},
		"groups":                      {DropGroups{}, false},
		"capabilities":                {KeepCapabilities{}, false},
		"time namespace":              {EnterTime{}, false},
		"further user namespace":      {EnterUser{}, false},
		"init":                        {Init{}, false},
		"map of the parent's":         {WriteMap{}, false},
		"meeting":                     {Meet{}, false},
		"harmless choice":             {Try{First: Say{}, Else: []Call{Say{}}}, true},
		"choice with one that is not": {Try{First: Say{}, Else: []Call{Say{}, SetUser{}}}, false},
		"filter":                      {Filter{}, true},
		"filter that listens":         {Filter{Listen: true}, true},
	} {
		steps := []Step{{Call: Clone{}}, {Call: c.call}, {Call: Exec{}}}
		if got := CanShare(steps); got != c.want {
			t.Errorf("%s: shares %v, want %v", name, got, c.want)
		}
	}
}
