package chroot

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/verb"
)

// assemble puts a tree of parts together in the directory "new" of the working directory, which has
// the tree at "lower", and takes it as the root.
func (o *Options) assemble(f Facts) (calls []verb.Call) {
	add := func(more ...verb.Call) { calls = append(calls, more...) }
	add(verb.MakeDir{Path: "new", Mode: f.RootMode})
	for _, dir := range [...]string{"part", "upper", "work", "metadata"} {
		add(verb.MakeDir{Path: dir, Mode: 0o700})
	}
	var files copyParts
	for i, p := range f.Parts {
		at := "new" + p.Path
		switch p.Kind {
		case anew:
			add(verb.MakeDir{Path: at, Mode: p.Mode})
		case linked:
			add(verb.Symlink{Text: p.Link, Path: at})
		case copied:
			files = append(files, copyPart{o.Root, p.Path, at, p.Mode})
		case layered:
			add(o.layer(p, strconv.Itoa(i))...)
		case shown:
			add(p.show(at, f.OldKernel)...)
		}
	}
	if files != nil {
		add(verb.Meet{Work: files})
	}
	add(verb.CloneTree{Path: "new", As: tree})
	return calls
}

// layer puts an overlay over a part. It has the flags of the mount that it covers.
func (o *Options) layer(p Part, name string) []verb.Call {
	const part verb.FD = "part"
	layers := "part/" + name
	calls := []verb.Call{
		verb.MakeDir{Path: layers, Mode: 0o700},
		verb.Bind{Path: "lower" + p.Path, To: layers},
		verb.MakeDir{Path: "upper/" + name, Mode: p.Mode},
		verb.MakeDir{Path: "work/" + name, Mode: 0o700},
		verb.MakeDir{Path: "new" + p.Path, Mode: 0o755},
	}
	if p.Others {
		metadata := "metadata/" + name
		calls = append(calls, verb.MakeDir{Path: metadata, Mode: 0o700},
			verb.Meet{Work: ownMetadata{o.Root, p.Path, metadata}})
		layers = metadata + "::" + layers
	}
	return append(calls, verb.NewMount{Type: overlay, As: part, Attributes: int(p.Flags & lockedFlags),
		Options: []string{"source=overlay", "lowerdir=" + layers, "upperdir=upper/" + name, "workdir=work/" + name, "userxattr"}},
		verb.MoveMount{From: part, To: "new" + p.Path}, verb.Close{FD: part})
}

// lockedFlags are those that MS_* and MOUNT_ATTR_* have the same numbers for.
const lockedFlags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC

// show shows a part as it is, read-only.
func (p *Part) show(at string, oldKernel bool) []verb.Call {
	made := verb.Call(verb.MakeFile{Path: at})
	if p.Dir {
		made = verb.MakeDir{Path: at, Mode: 0o755}
	}
	bind := verb.Bind{Path: "lower" + p.Path, To: at, Attributes: unix.MOUNT_ATTR_RDONLY}
	if !oldKernel {
		return []verb.Call{made, bind}
	}
	bind.Attributes = 0
	return []verb.Call{made, bind, verb.Mount{Target: at, Flags: unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY | p.Flags}}
}

// copyParts is work of the parent: it copies small files.
type copyParts []copyPart

type copyPart struct {
	Root, From string // the tree, and the file in it
	To         string // from the child's working directory
	Mode       uint32
}

func (c copyParts) String() string { return fmt.Sprintf("copy(%d files)", len(c)) }

// Do copies the files. One that the caller may not read is empty.
func (c copyParts) Do(folder string, note func(sentence string)) error {
	var closed []string
	for _, p := range c {
		read, err := p.copy(folder + "/cwd/" + p.To)
		if err != nil {
			return err
		}
		if !read {
			closed = append(closed, filepath.Join(p.Root, p.From))
		}
	}
	if closed != nil {
		note("what you may not read is empty inside: " + some(closed))
	}
	return nil
}

// copy makes a file. Another owner of the tree may have put something else in the place of the one
// that was found before: a link out of the tree, a FIFO, a file without end.
func (p *copyPart) copy(to string) (read bool, err error) {
	text, failed := inside.Text(p.Root, p.From, bigPart)
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return false, err
	}
	if err := unix.Chmod(to, p.Mode); err != nil {
		return false, &fs.PathError{Op: "chmod", Path: p.To, Err: err}
	}
	if st, err := inside.Stat(p.Root, p.From); err == nil {
		_ = unix.UtimesNanoAt(unix.AT_FDCWD, to, []unix.Timespec{st.Atim, st.Mtim}, 0)
	}
	return failed == nil, nil
}
