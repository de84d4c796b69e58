//go:build 386 || arm

package verb

import "golang.org/x/sys/unix"

// The calls without the 32 take ids of 16 bits there (setuid(2), "C library/kernel differences").
const (
	sysSetuid    = unix.SYS_SETUID32
	sysSetgid    = unix.SYS_SETGID32
	sysSetgroups = unix.SYS_SETGROUPS32
)
