package native

import "golang.org/x/sys/unix"

// SpareDescriptor is a number for Finder.Descriptor that no descriptor of this process has: the last
// of two digits, which are what there is room for in names that are overwritten. Programs that choose
// a number themselves, as shells do, take low ones.
func SpareDescriptor() int {
	n := 99
	for n > 10 {
		if _, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err != nil {
			break
		}
		n--
	}
	return n
}
