package chroot

import (
	"cmp"
	"os"
	"path"
)

// Inside is a root as it can be looked into before it is entered. Paths are those that the target finds there; relative ones count
// from its working directory.
type Inside struct {
	Root string        // "" for the caller's own
	View string        // where it can be looked into; "" for Root itself
	Dir  func() string // the working directory

	Entered bool // this process has entered it, where there may be no /proc; Root is "" then
}

// Seen is the directory that is looked into, as the functions of this package take a root.
func (i *Inside) Seen() string { return cmp.Or(i.View, i.Root) }

// Path is the absolute path of a file.
func (i *Inside) Path(file string) string {
	if path.IsAbs(file) {
		return file
	}
	return path.Join(i.Dir(), file)
}

// Read opens a regular file.
func (i *Inside) Read(file string) (*os.File, error) {
	if i.Entered {
		return readHere(i.Path(file))
	}
	return Read(i.Seen(), i.Path(file))
}

// Exists tells whether there is a file of that name.
func (i *Inside) Exists(file string) bool { return Exists(i.Seen(), i.Path(file)) }

// IsDir tells whether there is a directory of that name.
func (i *Inside) IsDir(dir string) bool { return IsDir(i.Seen(), i.Path(dir)) }

// List lists the names in a directory; none if there is none.
func (i *Inside) List(dir string) []string { return List(i.Seen(), i.Path(dir)) }

// Stat is stat(2) of a file.
func (i *Inside) Stat(file string) (os.FileInfo, error) {
	f, err := Open(i.Seen(), i.Path(file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// Mode is the type and the permissions of a file, as stat(2) has them; 0 if it is not there.
func (i *Inside) Mode(file string) uint32 { return Mode(i.Seen(), i.Path(file)) }
