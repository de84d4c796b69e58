package seccomp

import "golang.org/x/sys/unix"

// A call is a system call that a filter has something to do with: a row of the table.
type call struct {
	name    string
	does    purpose
	only    condition // it is touched only where this holds
	ids     ids       // and only where one of these arguments is not mapped, if there are any
	numbers numbers
}

// purpose says which option a call belongs to.
type purpose uint8

const (
	syncs purpose = iota
	changesIDs
	setsGroups
	makesDevices
	entersRoots // in which devices are used: always left to the listener
	mounts      // a file system whose options may name ids: left to the listener, which makes no change but to these
	removes     // a name, which a listener may uncover first: see removals.go
	executes    // a program: left to the listener, which may have another one executed
)

// ids says which arguments are ids: bit i stands for argument i as a user, bit i+4 as a group.
type ids uint16

const (
	user  ids = 1 << 0
	group ids = 1 << 4
	short ids = 1 << 8 // ids of 16 bits: what has 32 in its name is another call then (chown(2), "C library/kernel differences")
)

// condition is on an argument of a call.
type condition struct {
	kind  conditionKind
	arg   uint32
	value uint32
}

type conditionKind uint8

const (
	always conditionKind = iota
	equals
	hasBits
	isDevice // the argument is a mode, and the next one the number of the device
	isPassed // the argument is Options.Pass, which means that the call was asked for by the listener
	isMount  // the argument is flags of mount(2), and the next one points to options of a new file system
)

// numbers are those of a call in each column; 0 where there is no such call.
type numbers [columns]uint32

// calls is the table. The numbers are the kernel's: arch/x86/entry/syscalls/syscall_64.tbl and
// syscall_32.tbl, arch/arm/tools/syscall.tbl, include/uapi/asm-generic/unistd.h, and syscall.tbl of
// arch/powerpc and arch/s390.
//
// Not in it, because the kernel does not refuse them: capset(2), which gives up what it is told to;
// setfsuid(2) and setfsgid(2), which have no errors; setxattr(2), which sets security.capability on
// files of mapped owners (Linux 4.14, commit 8db6c34f1dbc).
var calls = [...]call{
	//                                                                         amd64 i386 arm generic ppc64 s390x
	{name: "chown", does: changesIDs, ids: user<<1 | group<<2, numbers: numbers{92, 0, 0, 0, 181, 212}},
	{name: "fchown", does: changesIDs, ids: user<<1 | group<<2, numbers: numbers{93, 0, 0, 55, 95, 207}},
	{name: "lchown", does: changesIDs, ids: user<<1 | group<<2, numbers: numbers{94, 0, 0, 0, 16, 198}},
	{name: "fchownat", does: changesIDs, ids: user<<2 | group<<3, numbers: numbers{260, 298, 325, 54, 289, 291}},
	{name: "chown32", does: changesIDs, ids: user<<1 | group<<2, numbers: numbers{0, 212, 212, 0, 0, 0}},
	{name: "fchown32", does: changesIDs, ids: user<<1 | group<<2, numbers: numbers{0, 207, 207, 0, 0, 0}},
	{name: "lchown32", does: changesIDs, ids: user<<1 | group<<2, numbers: numbers{0, 198, 198, 0, 0, 0}},
	{name: "chown", does: changesIDs, ids: user<<1 | group<<2 | short, numbers: numbers{0, 182, 182, 0, 0, 0}},
	{name: "fchown", does: changesIDs, ids: user<<1 | group<<2 | short, numbers: numbers{0, 95, 95, 0, 0, 0}},
	{name: "lchown", does: changesIDs, ids: user<<1 | group<<2 | short, numbers: numbers{0, 16, 16, 0, 0, 0}},
	{name: "setuid", does: changesIDs, ids: user, numbers: numbers{105, 0, 0, 146, 23, 213}},
	{name: "setgid", does: changesIDs, ids: group, numbers: numbers{106, 0, 0, 144, 46, 214}},
	{name: "setreuid", does: changesIDs, ids: user | user<<1, numbers: numbers{113, 0, 0, 145, 70, 203}},
	{name: "setregid", does: changesIDs, ids: group | group<<1, numbers: numbers{114, 0, 0, 143, 71, 204}},
	{name: "setresuid", does: changesIDs, ids: user | user<<1 | user<<2, numbers: numbers{117, 0, 0, 147, 164, 208}},
	{name: "setresgid", does: changesIDs, ids: group | group<<1 | group<<2, numbers: numbers{119, 0, 0, 149, 169, 210}},
	{name: "setuid32", does: changesIDs, ids: user, numbers: numbers{0, 213, 213, 0, 0, 0}},
	{name: "setgid32", does: changesIDs, ids: group, numbers: numbers{0, 214, 214, 0, 0, 0}},
	{name: "setreuid32", does: changesIDs, ids: user | user<<1, numbers: numbers{0, 203, 203, 0, 0, 0}},
	{name: "setregid32", does: changesIDs, ids: group | group<<1, numbers: numbers{0, 204, 204, 0, 0, 0}},
	{name: "setresuid32", does: changesIDs, ids: user | user<<1 | user<<2, numbers: numbers{0, 208, 208, 0, 0, 0}},
	{name: "setresgid32", does: changesIDs, ids: group | group<<1 | group<<2, numbers: numbers{0, 210, 210, 0, 0, 0}},
	{name: "setuid", does: changesIDs, ids: user | short, numbers: numbers{0, 23, 23, 0, 0, 0}},
	{name: "setgid", does: changesIDs, ids: group | short, numbers: numbers{0, 46, 46, 0, 0, 0}},
	{name: "setreuid", does: changesIDs, ids: user | user<<1 | short, numbers: numbers{0, 70, 70, 0, 0, 0}},
	{name: "setregid", does: changesIDs, ids: group | group<<1 | short, numbers: numbers{0, 71, 71, 0, 0, 0}},
	{name: "setresuid", does: changesIDs, ids: user | user<<1 | user<<2 | short, numbers: numbers{0, 164, 164, 0, 0, 0}},
	{name: "setresgid", does: changesIDs, ids: group | group<<1 | group<<2 | short, numbers: numbers{0, 170, 170, 0, 0, 0}},
	{name: "keyctl", does: changesIDs, only: condition{equals, 0, unix.KEYCTL_CHOWN}, ids: user<<2 | group<<3, numbers: numbers{250, 288, 311, 219, 271, 280}},
	{name: "setgroups", does: setsGroups, numbers: numbers{116, 81, 81, 159, 81, 206}},
	{name: "setgroups32", does: setsGroups, numbers: numbers{0, 206, 206, 0, 0, 0}},
	{name: "mknod", does: makesDevices, only: condition{isDevice, 1, 0}, numbers: numbers{133, 14, 14, 0, 14, 14}},
	{name: "mknodat", does: makesDevices, only: condition{isDevice, 2, 0}, numbers: numbers{259, 297, 324, 33, 288, 290}},
	{name: "chroot", does: entersRoots, numbers: numbers{161, 61, 61, 51, 61, 61}},
	{name: "mount", does: mounts, only: condition{isMount, 3, 0}, numbers: numbers{165, 21, 21, 40, 21, 21}},
	{name: "fsconfig", does: mounts, only: condition{equals, 1, unix.FSCONFIG_SET_STRING}, numbers: numbers{431, 431, 431, 431, 431, 431}},
	{name: "execve", does: executes, numbers: numbers{59, 11, 11, 221, 11, 11}},
	{name: "execveat", does: executes, only: condition{isPassed, 5, 0}, numbers: numbers{322, 358, 387, 281, 362, 354}},
	{name: "fsync", does: syncs, numbers: numbers{74, 118, 118, 82, 118, 118}},
	{name: "fdatasync", does: syncs, numbers: numbers{75, 148, 148, 83, 148, 148}},
	{name: "sync", does: syncs, numbers: numbers{162, 36, 36, 81, 36, 36}},
	{name: "syncfs", does: syncs, numbers: numbers{306, 344, 373, 267, 348, 338}},
	{name: "msync", does: syncs, only: condition{hasBits, 2, unix.MS_SYNC}, numbers: numbers{26, 144, 144, 227, 144, 144}},
	{name: "sync_file_range", does: syncs, numbers: numbers{277, 314, 0, 84, 0, 307}},
	{name: "sync_file_range2", does: syncs, numbers: numbers{0, 0, 341, 0, 308, 0}},
}
