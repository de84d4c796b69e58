package binfmt

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// PerNamespace tells whether this kernel has rules for each user namespace: Linux 6.7, commit
// 21ca59b365c0.
func PerNamespace() bool { return Since(6, 7) }

// PreservesArgv0 tells whether flag P of a rule of this kernel tells the interpreter so: Linux
// 5.12, commit 2347961b11d4. Before, the interpreter takes argv[0] for an argument.
func PreservesArgv0() bool { return Since(5, 12) }

// Withholds tells whether this kernel may refuse a program that is executed by a descriptor, where
// /dev/fd does not lead to it (ENOENT): TOMOYO, which Debian's kernels have had in force up to
// 5.10, looks for the file by that name (tomoyo_find_next_domain in security/tomoyo/domain.c).
func Withholds() bool { return !Since(5, 14) }

// Since tells whether this kernel is that release or a newer one.
func Since(major, minor int) bool { return ReleaseSince(Release(), major, minor) }

// ReleaseSince tells whether a release is that one or newer. What cannot be read is taken for a new
// one.
func ReleaseSince(release string, major, minor int) bool {
	var a, b int
	n, _ := fmt.Sscanf(release, "%d.%d", &a, &b)
	return n < 2 || a > major || a == major && b >= minor
}

// Release is this kernel's, as uname(2) has it.
func Release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	release, _, _ := strings.Cut(string(u.Release[:]), "\x00")
	return release
}
