package trace

import (
	"bytes"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// syscallOffset finds the instruction that makes a system call in the vDSO (vdso(7)), which is the
// same in all programs of one size of words; 0 if there is none.
func syscallOffset() uint64 {
	vector, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0
	}
	for ; len(vector) >= 16; vector = vector[16:] {
		if binary.NativeEndian.Uint64(vector) == auxVDSO {
			return findCode(binary.NativeEndian.Uint64(vector[8:]))
		}
	}
	return 0
}

func findCode(vdso uint64) uint64 {
	memory, err := unix.Open("/proc/self/mem", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(memory)
	image := make([]byte, 4*os.Getpagesize())
	n, _ := unix.Pread(memory, image, int64(vdso)) // up to its end
	const headers = 64
	if n <= headers {
		return 0
	}
	for at := headers; at < n; at += step {
		if bytes.HasPrefix(image[at:n], []byte(syscallCode)) {
			return uint64(at)
		}
	}
	return 0
}
