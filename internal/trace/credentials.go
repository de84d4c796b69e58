package trace

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/process"
)

// The last of the ids that process.Status has: those for files.
const forFiles = 3

// mayExecute tells whether the mode of a file lets a process execute it.
func mayExecute(pid int, st *unix.Stat_t) bool {
	const all = 0o111
	if st.Mode&all == all || st.Mode&all == 0 {
		return st.Mode&all == all
	}
	s, _ := process.StatusOf(pid)
	switch {
	case s.Effective>>unix.CAP_DAC_OVERRIDE&1 != 0:
		return true
	case s.Users[forFiles] == st.Uid:
		return st.Mode&0o100 != 0
	case s.Groups[forFiles] == st.Gid || slices.Contains(s.Others, st.Gid):
		return st.Mode&0o010 != 0
	}
	return st.Mode&0o001 != 0
}

// isMixed tells whether a user, or group, is not the same in all respects.
func isMixed(ids [4]uint32) bool { return ids != [4]uint32{ids[0], ids[0], ids[0], ids[0]} }
