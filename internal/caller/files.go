//go:build amd64 || arm64

package caller

import (
	"runtime"
	"unsafe"
)

// noFiles is the limit on open files while the runtime starts: its soft limit is 0, the entry adds
// the hard one. The runtime would read files of control groups, and mountinfo, for a number of
// threads that it is told already, and one for the size of huge pages; it does without them. If a
// standard descriptor is closed it has to open /dev/null there, and the limit stays.
var noFiles [2]uint64

// restoreFiles sets the limit as it was, before any package can want to open something.
func restoreFiles() {
	if noFiles[1] != 0 {
		rawSyscall6(prlimit64(runtime.GOARCH), 0, rlimitNofile, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	}
}
