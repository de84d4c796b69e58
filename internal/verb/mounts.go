package verb

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Mount is mount(2). An Optional one may fail.
type Mount struct {
	Source, Target, Type string
	Flags                uintptr
	Data                 string
	Optional             bool
}

func (m Mount) String() string {
	return fmt.Sprintf("mount(%s, %s, %s, %s, %s)",
		orNull(m.Source), quote(m.Target), orNull(m.Type), flags(m.Flags, mountFlags), orNull(m.Data))
}

func (Mount) Needs() Need { return Nothing }

func (m Mount) Lower(p *machine.Program) {
	p.Syscall("mount", m.Target, unix.SYS_MOUNT,
		p.Optional(m.Source), p.Str(m.Target), p.Optional(m.Type), num(m.Flags), p.Optional(m.Data))
	if m.Optional {
		p.MayFail()
	}
}

// Unmount is umount2(2).
type Unmount struct {
	Target   string
	Flags    int
	Optional bool // may fail
}

func (u Unmount) String() string {
	return fmt.Sprintf("umount2(%s, %s)", quote(u.Target), flags(uintptr(u.Flags), unmountFlags))
}

func (Unmount) Needs() Need { return Nothing }

func (u Unmount) Lower(p *machine.Program) {
	p.Syscall("umount2", u.Target, unix.SYS_UMOUNT2, p.Str(u.Target), num(u.Flags))
	if u.Optional {
		p.MayFail()
	}
}

// PivotRoot makes the mount at New the root and puts the old one at Old (pivot_root(2)).
type PivotRoot struct{ New, Old string }

func (r PivotRoot) String() string { return "pivot_root(" + quote(r.New) + ", " + quote(r.Old) + ")" }

func (PivotRoot) Needs() Need { return Nothing }

func (r PivotRoot) Lower(p *machine.Program) {
	p.Syscall("pivot_root", r.New, unix.SYS_PIVOT_ROOT, p.Str(r.New), p.Str(r.Old))
}

// NewMount makes a mount of a filesystem that needs no source, not attached anywhere yet, known as
// As: fsopen(2), fsconfig(2), fsmount(2), Linux 5.2. It lives as long as As or an attachment of it.
type NewMount struct {
	Type       string
	Options    []string // each "name=value", or "name" for one without a value
	Attributes int      // MOUNT_ATTR_*
	As         FD
}

func (m NewMount) String() string {
	configured := ""
	if len(m.Options) > 0 {
		configured = ", [" + quoteAll(m.Options, ", ") + "]"
	}
	return fmt.Sprintf("%s = fsmount(fsopen(%s)%s, %s)", m.As, quote(m.Type), configured, flags(uintptr(m.Attributes), mountAttributes))
}

func (NewMount) Needs() Need { return HeldMounts }

func (m NewMount) Lower(p *machine.Program) {
	const context FD = "context"
	p.Open(context, "fsopen", m.Type, unix.SYS_FSOPEN, p.Str(m.Type), num(unix.FSOPEN_CLOEXEC))
	for _, o := range m.Options {
		if name, value, ok := strings.Cut(o, "="); ok {
			p.Syscall("fsconfig", o, unix.SYS_FSCONFIG, p.FD(context), num(unix.FSCONFIG_SET_STRING), p.Str(name), p.Str(value))
		} else {
			p.Syscall("fsconfig", o, unix.SYS_FSCONFIG, p.FD(context), num(unix.FSCONFIG_SET_FLAG), p.Str(o))
		}
	}
	p.Syscall("fsconfig", m.Type, unix.SYS_FSCONFIG, p.FD(context), num(unix.FSCONFIG_CMD_CREATE))
	p.Open(m.As, "fsmount", m.Type, unix.SYS_FSMOUNT, p.FD(context), num(unix.FSMOUNT_CLOEXEC), num(m.Attributes))
	p.Close(context)
}

// Reconfigure changes an option without a value, such as "ro", of the filesystem that the mount Of
// is of, for all its mounts: fspick(2), fsconfig(2), Linux 5.2.
type Reconfigure struct {
	Of     FD
	Option string
}

func (r Reconfigure) String() string {
	return fmt.Sprintf("fsconfig(fspick(%s), %s)", r.Of, quote(r.Option))
}

func (Reconfigure) Needs() Need { return Nothing }

func (r Reconfigure) Lower(p *machine.Program) {
	const context FD = "context"
	p.Open(context, "fspick", r.Option, unix.SYS_FSPICK, p.FD(r.Of), p.Str(""), num(unix.FSPICK_EMPTY_PATH|unix.FSPICK_CLOEXEC))
	p.Syscall("fsconfig", r.Option, unix.SYS_FSCONFIG, p.FD(context), num(unix.FSCONFIG_SET_FLAG), p.Str(r.Option))
	p.Syscall("fsconfig", r.Option, unix.SYS_FSCONFIG, p.FD(context), num(unix.FSCONFIG_CMD_RECONFIGURE))
	p.Close(context)
}

// CloneTree makes a copy of the mounts at and under Path, not attached anywhere yet, known as As
// (open_tree(2) with OPEN_TREE_CLONE and AT_RECURSIVE, Linux 5.2).
type CloneTree struct {
	Path string
	As   FD
}

func (c CloneTree) String() string {
	return fmt.Sprintf("%s = open_tree(%s, OPEN_TREE_CLONE|AT_RECURSIVE)", c.As, quote(c.Path))
}

func (CloneTree) Needs() Need { return Nothing }

func (c CloneTree) Lower(p *machine.Program) {
	p.Open(c.As, "open_tree", c.Path, unix.SYS_OPEN_TREE, cwd(), p.Str(c.Path),
		num(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE))
}

// MoveMount attaches the mount From at the path To, or on the root of the mount OnTo
// (move_mount(2), Linux 5.2). With Follow a symbolic link at To is followed.
type MoveMount struct {
	From   FD
	To     string
	Follow bool
	OnTo   FD
}

func (m MoveMount) String() string {
	if m.OnTo != "" {
		return fmt.Sprintf("move_mount(%s, %s)", m.From, m.OnTo)
	}
	return fmt.Sprintf("move_mount(%s, %s)", m.From, quote(m.To))
}

func (MoveMount) Needs() Need { return Nothing }

func (m MoveMount) Lower(p *machine.Program) {
	target, flags := cwd(), unix.MOVE_MOUNT_F_EMPTY_PATH
	switch {
	case m.OnTo != "":
		target, flags = p.FD(m.OnTo), flags|unix.MOVE_MOUNT_T_EMPTY_PATH
	case m.Follow:
		flags |= unix.MOVE_MOUNT_T_SYMLINKS
	}
	p.Syscall("move_mount", m.To, unix.SYS_MOVE_MOUNT, p.FD(m.From), p.Str(""), target, p.Str(m.To), num(flags))
}

// Propagation of everything under Path: one of MS_PRIVATE, MS_SLAVE, MS_SHARED
// (mount_namespaces(7)).
func Propagation(path string, kind uintptr) Mount {
	return Mount{Source: "none", Target: path, Flags: unix.MS_REC | kind}
}
