package chroot

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/verb"
)

// In an overlay over another user's tree all files would still be that user's, who is nobody
// inside: root of the namespace has no power over them (capable_wrt_inode_uidgid in
// kernel/capability.c), and none of them can be copied up (EOVERFLOW). So such a tree gets a layer
// of metadata: its directories, links and files made anew as the caller's, and in each file's
// attributes where its data lie. The tree itself is a layer of nothing but data then
// (Documentation/filesystems/overlayfs.rst, "Data-only lower layers"), which a user namespace may
// have since Linux 6.16.

// ownMetadata is work of the parent: it may write to the child's tmpfs, and has more time than the
// child has stack.
type ownMetadata struct {
	Root, Path string // the tree, and the directory in it
	In         string // an empty directory in the child's working directory
}

func (m ownMetadata) String() string { return fmt.Sprintf("copy_metadata(%q, %q)", m.tree(), m.In) }

func (m ownMetadata) tree() string { return filepath.Join(m.Root, m.Path) }

// Do makes the layer.
func (m ownMetadata) Do(folder string, note func(sentence string)) error {
	from, err := inside.OpenDir(m.Root, m.Path)
	if err != nil {
		return err
	}
	to, err := inside.OpenFD(folder+"/cwd/"+m.In, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		unix.Close(from)
		return err
	}
	defer unix.Close(to)
	var root unix.Stat_t
	if err := unix.Fstat(from, &root); err != nil {
		return &fs.PathError{Op: "stat", Path: m.tree(), Err: err}
	}
	c := metadataCopy{root: to, keepsOwners: root.Uid == 0 && !isAlone(folder), linked: map[file]string{}}
	if err := c.entries(from, to, ""); err != nil {
		return err
	}
	if len(c.closed) > 0 {
		note(fmt.Sprintf("what you may not read in %s is empty inside: %s", m.tree(), some(c.closed)))
	}
	return c.chown(folder)
}

// isAlone tells whether a process has but one user and one group mapped: then nobody else can own
// anything, and of the files of a whole system some hundred thousand need not be tried.
func isAlone(folder string) bool {
	for _, file := range [...]string{"/uid_map", "/gid_map"} {
		if text, err := os.ReadFile(folder + file); err != nil || !idmap.IsSingle(string(text)) {
			return false
		}
	}
	return true
}

// some names the first few of a list.
func some(list []string) string {
	const few = 4
	slices.Sort(list)
	if n := len(list); n > few+1 {
		return strings.Join(list[:few], ", ") + fmt.Sprintf(" and %d more", n-few)
	}
	return strings.Join(list, ", ")
}

// metadataCopy is a copy under way.
type metadataCopy struct {
	root        int             // the directory that is copied to
	keepsOwners bool            // files of others than root are theirs inside, as in the tree
	linked      map[file]string // where files with several names have been made
	closed      []string        // what the caller may not read
	others      []verb.Own      // what belongs to others than the owner in a tree of root's
}

// file tells files apart.
type file struct{ dev, inode uint64 }

// entries copies what is in a directory, which it closes.
func (c *metadataCopy) entries(from, to int, dir string) error {
	list := os.NewFile(uintptr(from), dir)
	defer list.Close()
	names, err := list.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		var st unix.Stat_t
		if unix.Fstatat(from, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
			continue // it has gone, or the caller may not know what it is
		}
		e := entry{from, to, name, path.Join(dir, name), st}
		made, err := c.entry(e)
		if err == nil && made {
			err = c.finish(e)
		}
		if err != nil {
			return &fs.PathError{Op: "copy the metadata of", Path: e.path, Err: cause(err)}
		}
	}
	return nil
}

// entry is something in a directory of the tree, to be made in another.
type entry struct {
	from, to   int
	name, path string
	unix.Stat_t
}

// entry makes one; devices are left out, since none that is made here could be opened.
func (c *metadataCopy) entry(e entry) (made bool, err error) {
	switch e.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return true, c.dir(e)
	case unix.S_IFREG:
		return c.regular(e)
	case unix.S_IFLNK:
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(e.from, e.name, buf)
		if err != nil {
			return false, err
		}
		return true, unix.Symlinkat(string(buf[:n]), e.to, e.name)
	case unix.S_IFIFO, unix.S_IFSOCK:
		return true, unix.Mknodat(e.to, e.name, e.Mode&unix.S_IFMT|0o600, 0)
	}
	return false, nil
}

// dir makes a directory. One that the caller may not look into is empty.
func (c *metadataCopy) dir(e entry) error {
	if err := unix.Mkdirat(e.to, e.name, 0o700); err != nil {
		return err
	}
	const how = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	from, err := unix.Openat(e.from, e.name, how, 0)
	switch {
	case err == unix.EACCES:
		c.closed = append(c.closed, "/"+e.path)
		return nil
	case err == unix.ENOENT:
		return nil
	case err != nil:
		return err
	}
	to, err := unix.Openat(e.to, e.name, how, 0)
	if err != nil {
		unix.Close(from)
		return err
	}
	defer unix.Close(to)
	return c.entries(from, to, e.path)
}

// regular makes a file of the same size without data, which says where they are.
func (c *metadataCopy) regular(e entry) (made bool, err error) {
	id := file{uint64(e.Dev), e.Ino}
	if first, ok := c.linked[id]; ok && e.Nlink > 1 {
		return false, unix.Linkat(c.root, first, e.to, e.name, 0)
	}
	fd, err := unix.Openat(e.to, e.name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	if e.Nlink > 1 {
		c.linked[id] = e.path
	}
	switch {
	case e.Size == 0:
		return true, nil
	case e.Mode&unix.S_IROTH == 0 && unix.Faccessat(e.from, e.name, unix.R_OK, unix.AT_EACCESS) != nil:
		// Empty, because programs that replace such a file, as those of passwd(5) do, read it
		// first.
		c.closed = append(c.closed, "/"+e.path)
		return true, nil
	}
	if err := unix.Ftruncate(fd, e.Size); err != nil {
		return false, err
	}
	if err := unix.Fsetxattr(fd, "user.overlay.metacopy", nil, 0); err != nil {
		return false, err
	}
	return true, unix.Fsetxattr(fd, "user.overlay.redirect", []byte("/"+e.path), 0)
}

// finish sets what making does not.
func (c *metadataCopy) finish(e entry) error {
	if e.Mode&unix.S_IFMT != unix.S_IFLNK {
		if err := unix.Fchmodat(e.to, e.name, e.Mode&0o7777, 0); err != nil {
			return err
		}
	}
	if c.keepsOwners && e.Uid|e.Gid != 0 {
		c.others = append(c.others, verb.Own{Path: e.path, User: e.Uid, Group: e.Gid, Mode: e.Mode})
	}
	return unix.UtimesNanoAt(e.to, e.name, []unix.Timespec{e.Atim, e.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// chown gives files to the same ids inside that they belong to in a tree of root's, as far as they
// are mapped. It is root of the namespace that may do so, and no program runs in there yet that
// could look at the helper.
func (c *metadataCopy) chown(folder string) error {
	if len(c.others) == 0 {
		return nil
	}
	user, err := inside.OpenFD(folder+"/ns/user", unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer unix.Close(user)
	const reason = "give files to their owners"
	steps := []verb.Step{
		{Call: verb.Clone{}, Reason: reason},
		{Call: verb.Inherit{Number: c.root, As: "dir"}, Reason: reason},
		{Call: verb.Chdir{FD: "dir"}, Reason: reason},
		{Call: verb.Inherit{Number: user, As: "user"}, Reason: reason},
		{Call: verb.SetNS{FD: "user"}, Reason: reason},
	}
	for _, o := range c.others {
		steps = append(steps, verb.Step{Call: o, Reason: reason})
	}
	_, err = launch.Perform(steps)
	return err
}
