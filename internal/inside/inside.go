package inside

import (
	"cmp"
	"os"
	"path"
)

// Root is a root as it can be looked into before it is entered. Paths are those that the target
// finds there; relative ones count from its working directory.
type Root struct {
	Root string        // "" for the caller's own
	View string        // where it can be looked into; "" for Root itself
	Dir  func() string // the working directory

	Entered bool // this process has entered it, where there may be no /proc; Root is "" then
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

// Read opens a regular file.
func (r *Root) Read(file string) (*os.File, error) {
	if r.Entered {
		return readHere(r.Path(file))
	}
	return Read(r.Seen(), r.Path(file))
}

// Exists tells whether there is a file of that name.
func (r *Root) Exists(file string) bool { return Exists(r.Seen(), r.Path(file)) }

// IsDir tells whether there is a directory of that name.
func (r *Root) IsDir(dir string) bool { return IsDir(r.Seen(), r.Path(dir)) }

// List lists the names in a directory; none if there is none.
func (r *Root) List(dir string) []string { return List(r.Seen(), r.Path(dir)) }

// Stat is stat(2) of a file.
func (r *Root) Stat(file string) (os.FileInfo, error) {
	f, err := Open(r.Seen(), r.Path(file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// Mode is the type and the permissions of a file, as stat(2) has them; 0 if it is not there.
func (r *Root) Mode(file string) uint32 { return Mode(r.Seen(), r.Path(file)) }
