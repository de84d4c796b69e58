package inside

import (
	"cmp"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/mountlist"
)

// Root is a root as it can be looked into before it is entered. Paths are those that the target
// finds there; relative ones count from its working directory.
type Root struct {
	Root string        // "" for the caller's own
	View string        // where it can be looked into; "" for Root itself
	Dir  func() string // the working directory

	Shown []Shown // a later one hides those before

	Entered bool // this process has entered it, where there may be no /proc; Root is "" then
}

// Shown is a file or a directory of the caller's, by its absolute path, that the target finds at a
// place of the root.
type Shown struct {
	At, From string
	ReadOnly bool
}

// Seen is the directory that is looked into, as the functions of this package take a root.
func (r *Root) Seen() string { return cmp.Or(r.View, r.Root) }

// Path is the absolute path of a file.
func (r *Root) Path(file string) string {
	if path.IsAbs(file) {
		return file
	}
	return path.Join(r.Dir(), file)
}

// ShownAt is what is shown at a place, and the rest of the path behind that.
func (r *Root) ShownAt(file string) (s Shown, rest string, found bool) {
	clean := path.Clean(r.Path(file))
	for _, s := range slices.Backward(r.Shown) {
		if mountlist.IsUnder(clean, s.At) {
			return s, strings.TrimPrefix(clean, s.At), true
		}
	}
	return Shown{}, "", false
}

// where a file is looked for: in a root, by a path there.
func (r *Root) where(file string) (root, name string) {
	s, rest, shown := r.ShownAt(file)
	switch {
	case !shown:
		return r.Seen(), r.Path(file)
	case rest == "":
		return "", s.From
	}
	return s.From, rest
}

// Outside is what the caller calls a file, and whether it is one that is shown.
func (r *Root) Outside(file string) (name string, shown bool) {
	s, rest, shown := r.ShownAt(file)
	switch {
	case shown:
		return s.From + rest, true
	case r.Root == "":
		return file, false
	}
	return path.Join(r.Root, r.Path(file)), false
}

// Read opens a regular file.
func (r *Root) Read(file string) (*os.File, error) {
	if r.Entered {
		return readHere(r.Path(file))
	}
	return Read(r.where(file))
}

// Text is what a regular file has, as the function of that name.
func (r *Root) Text(file string, limit int64) ([]byte, error) {
	f, err := r.Read(file)
	if err != nil {
		return nil, err
	}
	return textOf(f, limit)
}

// Exists tells whether there is a file of that name.
func (r *Root) Exists(file string) bool { return Exists(r.where(file)) }

// IsDir tells whether there is a directory of that name.
func (r *Root) IsDir(dir string) bool { return IsDir(r.where(dir)) }

// List lists the names in a directory; none if there is none.
func (r *Root) List(dir string) []string { return List(r.where(dir)) }

// Stat is stat(2) of a file.
func (r *Root) Stat(file string) (os.FileInfo, error) {
	f, err := Open(r.where(file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// Mode is the type and the permissions of a file, as stat(2) has them; 0 if it is not there.
func (r *Root) Mode(file string) uint32 { return Mode(r.where(file)) }
