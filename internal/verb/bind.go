package verb

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// OpenPath opens Path for what is under it, not to read it (O_PATH of open(2)), and keeps it as As.
type OpenPath struct {
	Path string
	As   FD
}

func (o OpenPath) String() string { return fmt.Sprintf("%s = open(%s, O_PATH)", o.As, quote(o.Path)) }

func (OpenPath) Needs() Need { return Nothing }

func (o OpenPath) Lower(p *machine.Program) {
	p.Open(o.As, "open", o.Path, unix.SYS_OPENAT, cwd(), p.Str(o.Path), num(unix.O_PATH|unix.O_CLOEXEC))
}

// Bind shows what is mounted at and under Path at To as well: open_tree(2), mount_setattr(2),
// move_mount(2). Path is absolute and free of symbolic links. It is taken from the root that From
// was opened on, if that is given; without it from the process's, as To is. Without a Path it is
// what From was opened on.
type Bind struct {
	From       FD
	Path, To   string
	On         FD     // on this file in place of To
	Attributes uint64 // MOUNT_ATTR_* to set on each of the mounts (Linux 5.12); 0 for none
}

func (b Bind) String() string {
	path := quote(b.Path)
	switch {
	case b.From != "" && b.Path == "":
		path = string(b.From)
	case b.From != "":
		path = string(b.From) + ", " + path
	}
	if b.Attributes != 0 {
		path += ", " + flags(uintptr(b.Attributes), mountAttributes)
	}
	to := quote(b.To)
	if b.On != "" {
		to = string(b.On)
	}
	return fmt.Sprintf("bind(%s, %s)", path, to)
}

func (Bind) Needs() Need { return Nothing }

func (b Bind) Lower(p *machine.Program) {
	const bound FD = "bound"
	dir, path := cwd(), b.Path
	if b.From != "" {
		dir, path = p.FD(b.From), strings.TrimLeft(path, "/")
	}
	how := cloneWhole
	switch {
	case b.Path == "":
		how |= unix.AT_EMPTY_PATH
	case path == "":
		path = "."
	}
	p.Open(bound, "open_tree", b.Path, unix.SYS_OPEN_TREE, dir, p.Str(path), num(how))
	if b.Attributes != 0 {
		setAttributes(p, p.FD(bound), "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, b.Attributes, b.Path)
	}
	target := cwd()
	how = unix.MOVE_MOUNT_F_EMPTY_PATH
	if b.On != "" {
		target = p.FD(b.On)
		how |= unix.MOVE_MOUNT_T_EMPTY_PATH
	}
	p.Syscall("move_mount", b.To, unix.SYS_MOVE_MOUNT, p.FD(bound), p.Str(""), target, p.Str(b.To), num(how))
	p.Close(bound)
}

// cloneWhole is for open_tree(2): a copy of the mounts at and under a path, whose last part is no
// symbolic link.
const cloneWhole = unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_RECURSIVE | unix.AT_SYMLINK_NOFOLLOW

// SetAttributes sets MOUNT_ATTR_* of the mount at Path, or of the mount that Of was opened on, and
// with Recursive of those under it (mount_setattr(2), Linux 5.12).
type SetAttributes struct {
	Of         FD
	Path       string
	Attributes uint64
	Recursive  bool
}

func (s SetAttributes) String() string {
	object := quote(s.Path)
	if s.Of != "" {
		object = string(s.Of)
	}
	if s.Recursive {
		object += ", AT_RECURSIVE"
	}
	return fmt.Sprintf("mount_setattr(%s, %s)", object, flags(uintptr(s.Attributes), mountAttributes))
}

func (SetAttributes) Needs() Need { return Nothing }

func (s SetAttributes) Lower(p *machine.Program) {
	dir, how := cwd(), 0
	if s.Of != "" {
		dir, how = p.FD(s.Of), unix.AT_EMPTY_PATH
	}
	if s.Recursive {
		how |= unix.AT_RECURSIVE
	}
	setAttributes(p, dir, s.Path, how, s.Attributes, s.Path)
}

// setAttributes appends mount_setattr(2); about is for the error message.
func setAttributes(p *machine.Program, dir machine.Operand, path string, how int, attributes uint64, about string) {
	attr := make([]byte, unix.MOUNT_ATTR_SIZE_VER0) // attr_set, attr_clr, propagation, userns_fd
	binary.NativeEndian.PutUint64(attr, attributes)
	p.Syscall("mount_setattr", about, unix.SYS_MOUNT_SETATTR, dir, p.Str(path), num(how), p.Bytes(attr), num(len(attr)))
}
