package chroot

import (
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/mountlist"
)

// An overlay shows one file system, and the kernel refuses one over a directory that mounts of a
// more privileged namespace lie in (has_locked_children in fs/namespace.c), for it would uncover
// what they cover. So a tree with mounts is put together of parts: directories that lead to a mount
// are made anew, and what is in them has an overlay of its own, or is copied.

// A Part is a part of such a tree.
type Part struct {
	Path   string // in the root
	Kind   PartKind
	Mode   uint32 // permissions
	Dir    bool
	Link   string  // what a symbolic link says
	Flags  uintptr // MS_* of the mount that it is on
	Others bool    // it is a user's who is not mapped
}

// PartKind says what becomes of a part.
type PartKind uint8

const (
	anew    PartKind = iota // a directory with other parts in it, or that something is mounted on
	layered                 // a directory under an overlay
	shown                   // read-only
	copied                  // a regular file
	linked                  // a symbolic link
)

// bigPart is the size of a file that is not copied.
const bigPart = 1 << 20

// partition is a tree that is being divided.
type partition struct {
	*survey
	root   string
	mounts map[string]mountlist.Submount
	inner  map[string]bool // the directories that lead to a mount
	own    []string        // mounts that have a layer of their own
	fixed  []string        // what is read-only
	closed []string        // what the caller may not read
}

// divide divides the tree; there is nothing to do if nothing is mounted in it.
func (s *survey) divide(mounts []mountlist.Submount) error {
	if len(mounts) < 2 {
		return nil
	}
	d := partition{survey: s, root: absolute(s.Root), mounts: map[string]mountlist.Submount{}, inner: map[string]bool{}}
	for _, m := range mounts[1:] {
		if at, ok := s.replaced(m.Path); ok {
			m = mountlist.Submount{Path: at}
		}
		d.mounts[m.Path] = m
		for dir := path.Dir(m.Path); !d.inner[dir]; dir = path.Dir(dir) {
			d.inner[dir] = true
		}
	}
	if err := d.enter("/", mounts[0].Flags); err != nil {
		return err
	}
	d.say("these mounts in the tree have layers of their own: ", d.own)
	d.say("these files and mounts in the tree are read-only: ", d.fixed)
	d.say("what you may not read in "+s.Root+" is empty inside: ", d.closed)
	return nil
}

func (d *partition) say(what string, list []string) {
	if len(list) > 0 {
		d.Told.Add("%s", what+some(list))
	}
}

// replaced tells whether something else is mounted at or above a path, and where.
func (s *survey) replaced(at string) (where string, ok bool) {
	var all []string
	if s.Proc != SameProc {
		all = append(all, s.ProcDir)
	}
	for _, op := range s.Operations {
		switch op.Kind {
		case Devices:
			all = append(all, devDir)
		case System:
			all = append(all, "/sys")
		case Bind, Tmpfs:
			all = append(all, path.Clean(op.Target))
		}
	}
	for _, dir := range all {
		if mountlist.IsUnder(at, dir) {
			return dir, true
		}
	}
	return "", false
}

// enter divides a directory. One that cannot be read is empty.
func (d *partition) enter(dir string, flags uintptr) error {
	names, err := list(d.origin(dir))
	if err != nil {
		d.closed = append(d.closed, dir)
		return nil
	}
	slices.Sort(names)
	for _, name := range names {
		at := path.Join(dir, name)
		var st unix.Stat_t
		if unix.Lstat(filepath.Join(d.root, at), &st) != nil {
			continue // it has gone, or the caller may not know what it is
		}
		p := Part{Path: at, Mode: st.Mode & 0o7777, Dir: st.Mode&unix.S_IFMT == unix.S_IFDIR, Flags: flags,
			Others: d.Mapped != nil && !d.Mapped(st.Uid, st.Gid)}
		m, isMount := d.mounts[at]
		if isMount {
			p.Flags = m.Flags
		}
		if p.Kind, err = d.kind(&p, isMount, &st); err != nil {
			return err
		}
		d.facts.Parts = append(d.facts.Parts, p)
		if p.Kind == anew && d.inner[at] {
			if err := d.enter(at, p.Flags); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *partition) kind(p *Part, isMount bool, st *unix.Stat_t) (PartKind, error) {
	_, gone := d.replaced(p.Path)
	full := filepath.Join(d.root, p.Path)
	switch {
	case p.Dir && !gone && isMount && !isLayer(full):
		return d.fix(p), nil
	case p.Dir && (d.inner[p.Path] || gone):
		if isMount && !gone {
			d.own = append(d.own, p.Path)
		}
		return anew, nil
	case p.Dir && p.Others && unix.Access(full, unix.R_OK|unix.X_OK) != nil:
		d.closed = append(d.closed, p.Path)
		return anew, nil
	case p.Dir:
		if isMount {
			d.own = append(d.own, p.Path)
		}
		return layered, nil
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		var err error
		p.Link, err = os.Readlink(full)
		return linked, err
	case st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size <= bigPart:
		if isMount {
			d.own = append(d.own, p.Path)
		}
		return copied, nil
	}
	return d.fix(p), nil
}

// fix has a part shown as it is.
func (d *partition) fix(p *Part) PartKind {
	d.fixed = append(d.fixed, p.Path)
	if fd, err := openPath(filepath.Join(d.root, p.Path)); err == nil {
		d.world.mounts = append(d.world.mounts, mounted{p.Path, fd, fixed})
	}
	return shown
}

// isLayer tells whether the file system of a path can be a lower layer of an overlay, as far as its
// type tells: those of the kernel's own, and those with names of their own rules, cannot
// (ovl_dentry_weird in fs/overlayfs/util.c).
func isLayer(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && slices.Contains([]uint32{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC,
		unix.TMPFS_MAGIC, unix.RAMFS_MAGIC, unix.F2FS_SUPER_MAGIC, unix.SQUASHFS_MAGIC, unix.EROFS_SUPER_MAGIC_V1, unix.OVERLAYFS_SUPER_MAGIC,
		unix.NFS_SUPER_MAGIC, zfs, bcachefs}, uint32(st.Type))
}

// The numbers of file systems that golang.org/x/sys/unix does not have.
const (
	zfs      = 0x2fc12fc1
	bcachefs = 0xca451a4e
)
