package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Layer covers a directory with a tmpfs that shows the same entries, each bound again, so that more can be made beside
// them without a trace in the directory. It stays writable until somebody makes it read-only.
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

func (Layer) needs() need { return nothing }

func (l Layer) lower(p *program) {
	const covered FD = "covered"
	layer := l.As
	if layer == "" {
		layer = "layer"
	}
	dir, path := cwd(), l.Path
	if l.On != "" {
		dir, path = p.fd(l.On), "."
	}
	p.open(covered, "open", l.Path, unix.SYS_OPENAT, dir, p.str(path), num(unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC))
	NewMount{Type: "tmpfs", Options: []string{"source=layer", fmt.Sprintf("mode=%o", l.Mode)}, Attributes: LayerAttributes, As: layer}.lower(p)
	p.syscall("move_mount", l.Path, unix.SYS_MOVE_MOUNT, p.fd(layer), p.str(""), p.fd(covered), p.str(""),
		num(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH))
	for _, e := range l.Entries {
		p.show(e, covered, layer)
	}
	p.close(covered)
	if l.As == "" {
		p.close(layer)
	}
}

// LayerAttributes are those of a layer's mount.
const LayerAttributes = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV

// show makes an entry of one directory seen in another. One that has vanished since it was listed is left out.
func (p *program) show(e Entry, from, in FD) {
	const entry FD = "entry"
	name := p.str(e.Name)
	if e.Kind == Link {
		p.syscall("symlinkat", e.Name, unix.SYS_SYMLINKAT, p.str(e.Link), p.fd(in), name)
		return
	}
	if e.Anew != 0 {
		p.makeEntry(e.Kind == Dir, p.fd(in), name, e.Name)
		p.syscall("fchmodat", e.Name, unix.SYS_FCHMODAT, p.fd(in), name, num(e.Anew))
		return
	}
	p.open(entry, "open_tree", e.Name, unix.SYS_OPEN_TREE, p.fd(from), name, num(cloneWhole))
	vanished := p.on(unix.ENOENT)
	p.makeEntry(e.Kind == Dir, p.fd(in), name, e.Name)
	p.syscall("move_mount", e.Name, unix.SYS_MOVE_MOUNT, p.fd(entry), p.str(""), p.fd(in), name, num(unix.MOVE_MOUNT_F_EMPTY_PATH))
	p.close(entry)
	vanished()
}

// makeEntry makes a directory or an empty file, to mount something on.
func (p *program) makeEntry(isDir bool, in, name operand, about string) {
	if isDir {
		p.syscall("mkdirat", about, unix.SYS_MKDIRAT, in, name, num(0o755))
		return
	}
	p.syscall("mknodat", about, unix.SYS_MKNODAT, in, name, num(unix.S_IFREG|0o644), num(0))
}
