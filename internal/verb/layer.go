package verb

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Layer covers a directory with a tmpfs that shows the same entries, each bound again, so that more
// can be made beside them without a trace in the directory. It stays writable until somebody makes
// it read-only.
type Layer struct {
	Path    string // the directory; its last part is no symbolic link
	On      FD     // or the root of this mount, which is attached
	Mode    uint32 // permissions of the new directory
	Entries []Entry
	As      FD // what the layer's mount is known as; "" for nothing
}

// Entry is one of a directory.
type Entry struct {
	Name string
	Kind EntryKind
	Link string // what a symbolic link says
	Anew uint32 // it is empty, so it is made with this mode and not bound, for what is bound cannot be removed; 0 binds it
}

// EntryKind says how an entry can be shown a second time.
type EntryKind uint8

const (
	// File is anything that can be bound on a file: a fifo, a socket and a device too.
	File EntryKind = iota
	// Dir is a directory.
	Dir
	// Link is a symbolic link, which cannot be bound. It is copied.
	Link
)

func (l Layer) String() string {
	names := make([]string, len(l.Entries))
	for i, e := range l.Entries {
		names[i] = e.Name
	}
	object := quote(l.Path)
	if l.On != "" {
		object = string(l.On)
	}
	return fmt.Sprintf("layer(%s, %#o, [%s])", object, l.Mode, quoteAll(names, ", "))
}

func (Layer) Needs() Need { return Nothing }

func (l Layer) Lower(p *machine.Program) {
	const covered FD = "covered"
	layer := l.As
	if layer == "" {
		layer = "layer"
	}
	dir, path := cwd(), l.Path
	if l.On != "" {
		dir, path = p.FD(l.On), "."
	}
	p.Open(covered, "open", l.Path, unix.SYS_OPENAT, dir, p.Str(path), num(unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC))
	NewMount{Type: "tmpfs", Options: []string{"source=layer", fmt.Sprintf("mode=%o", l.Mode)}, Attributes: LayerAttributes, As: layer}.Lower(p)
	p.Syscall("move_mount", l.Path, unix.SYS_MOVE_MOUNT, p.FD(layer), p.Str(""), p.FD(covered), p.Str(""),
		num(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH))
	for _, e := range l.Entries {
		show(p, e, covered, layer)
	}
	p.Close(covered)
	if l.As == "" {
		p.Close(layer)
	}
}

// LayerAttributes are those of a layer's mount.
const LayerAttributes = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV

// show makes an entry of one directory seen in another. One that has vanished since it was listed
// is left out.
func show(p *machine.Program, e Entry, from, in FD) {
	const entry FD = "entry"
	name := p.Str(e.Name)
	if e.Kind == Link {
		p.Syscall("symlinkat", e.Name, unix.SYS_SYMLINKAT, p.Str(e.Link), p.FD(in), name)
		return
	}
	if e.Anew != 0 {
		makeEntry(p, e.Kind == Dir, p.FD(in), name, e.Name)
		p.Syscall("fchmodat", e.Name, unix.SYS_FCHMODAT, p.FD(in), name, num(e.Anew))
		return
	}
	p.Open(entry, "open_tree", e.Name, unix.SYS_OPEN_TREE, p.FD(from), name, num(cloneWhole))
	vanished := p.On(unix.ENOENT)
	makeEntry(p, e.Kind == Dir, p.FD(in), name, e.Name)
	p.Syscall("move_mount", e.Name, unix.SYS_MOVE_MOUNT, p.FD(entry), p.Str(""), p.FD(in), name, num(unix.MOVE_MOUNT_F_EMPTY_PATH))
	p.Close(entry)
	vanished()
}

// makeEntry makes a directory or an empty file, to mount something on.
func makeEntry(p *machine.Program, isDir bool, in, name machine.Operand, about string) {
	if isDir {
		p.Syscall("mkdirat", about, unix.SYS_MKDIRAT, in, name, num(0o755))
		return
	}
	p.Syscall("mknodat", about, unix.SYS_MKNODAT, in, name, num(unix.S_IFREG|0o644), num(0))
}
