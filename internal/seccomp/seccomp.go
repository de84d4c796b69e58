// Package seccomp builds filters of system calls (seccomp(2)) for a process that is root of only a
// few ids: calls that the kernel would refuse for that reason appear to succeed.
//
// A filter is pure data, the same for the same options; package launch installs it. It sees the
// number of a call and its registers, not what they point to. It covers emulated programs as well,
// because their emulator makes the calls.
//
// Not for: sandboxes. A filter allows every call that it does not know.
package seccomp

import (
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
)

// Options is what a filter does.
type Options struct {
	FakeIDs bool // owners and ids that are not mapped are changed to, and devices made, in appearance only
	Nodes   bool // calls that make devices, chroot(2) and mounts with options are left to a listener (seccomp_unotify(2))
	NoSync  bool // files count as written to the disk at once

	Execs  bool   // calls that execute programs are left to a listener
	OwnIDs bool   // calls that change the ids of a process are; not with FakeIDs
	Pass   uint32 // but not what has this sixth argument, which the kernel ignores: execveat(2) and the latter

	Removals bool // calls that remove or replace a name are left to a listener

	Users, Groups []idmap.Range // the ids that are mapped: to them changes are really made
	Setgroups     bool          // setgroups(2) is allowed, and not faked
}

// Build returns the filter, for all ABIs of this machine. The error is for a machine whose numbers
// of system calls are not known here, or a map of so many ranges that the filter would be too long
// for the kernel.
func (o *Options) Build() ([]unix.SockFilter, error) {
	code, err := o.build(abisOf(runtime.GOARCH))
	if err != nil {
		return nil, err
	}
	raw, err := bpf.Assemble(code)
	if err != nil {
		return nil, fmt.Errorf("assemble the filter: %w", err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return filter, nil
}

// Watched is the data of SECCOMP_RET_USER_NOTIF for calls that are made where there is no listener;
// those with 0 are faked then.
const Watched = 1

// maxLength is BPF_MAXINSNS of linux/bpf_common.h.
const maxLength = 4096

// build writes the sections of all ABIs, and what chooses among them in front. An unknown ABI is
// left alone.
func (o *Options) build(abis []abi) ([]bpf.Instruction, error) {
	if len(abis) == 0 {
		return nil, fmt.Errorf("the numbers of the system calls of %s are not known", runtime.GOARCH)
	}
	b := builder{assembler: newAssembler(), options: o, users: merge(o.Users), groups: merge(o.Groups)}
	next := b.allow
	for i := len(abis) - 1; i >= 0; i-- {
		next = b.branch(bpf.JumpEqual, abis[i].arch, b.section(abis[i]), next)
	}
	b.load(offsetArch)
	if n := len(b.reversed); n > maxLength {
		return nil, fmt.Errorf("a filter for id maps of %d and %d ranges has %d instructions; the kernel takes %d",
			len(b.users), len(b.groups), n, maxLength)
	}
	return b.code(), nil
}

// wants tells whether the options are about a call.
func (o *Options) wants(c *call) bool {
	switch c.does {
	case syncs:
		return o.NoSync
	case setsGroups:
		return o.FakeIDs && !o.Setgroups
	case entersRoots, mounts:
		return o.Nodes
	case executes:
		return o.Execs
	case changesIDs:
		return o.FakeIDs || o.OwnIDs && c.isOwn()
	case removes:
		return o.Removals
	}
	return o.FakeIDs
}

// Notified tells which of the calls that a listener gets it has got: "mknod", "mknodat", "chroot",
// "mount", "fsconfig", "execve", "execveat" or one of
// setuid(2) and its kin; "" for none of them.
func Notified(arch uint32, number int32) string {
	for _, abi := range abisOf(runtime.GOARCH) {
		for i := range calls {
			c := &calls[i]
			if abi.arch == arch && c.numbers[abi.column] == uint32(number)&^abi.unused && c.isNotified() {
				return c.name
			}
		}
	}
	return ""
}

func (c *call) isNotified() bool {
	switch c.does {
	case makesDevices, entersRoots, mounts, executes:
		return true
	}
	return c.isOwn()
}

// isOwn is for a call that changes the ids of the process that makes it.
func (c *call) isOwn() bool { return c.does == changesIDs && strings.HasPrefix(c.name, "set") }
