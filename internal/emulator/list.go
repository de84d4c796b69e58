package emulator

import (
	"os"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Row is what --list-arches says about one architecture.
type Row struct {
	Arch     string   `json:"arch"`               // QEMU's name
	Names    []string `json:"names"`              // what others call it
	Native   bool     `json:"native"`             // this machine's kernel runs it without an emulator
	Emulator string   `json:"emulator,omitempty"` // path; "" if there is none, the rest but Problem and Install is empty then
	Kind     string   `json:"kind,omitempty"`
	Version  string   `json:"version,omitempty"`
	Static   bool     `json:"static"` // it serves a root, too
	Flags    string   `json:"flags,omitempty"`
	Problem  string   `json:"problem,omitempty"` // why there is none
	Install  string   `json:"install,omitempty"` // what to do to get one, or a static one
}

// List returns a row for each architecture, for flags with setuid as in Flags. Each directory is
// read once, instead of being asked for a hundred names.
func (s *Search) List(arches []*binfmt.Arch, setuid bool) []Row {
	batch := *s
	batch.listing = map[string][]string{}
	for _, dir := range s.directories() {
		batch.listing[dir] = s.readDir(dir)
	}
	rows := make([]Row, 0, len(arches))
	for _, a := range arches {
		row := batch.row(a, setuid)
		row.Native = a.RunsHere()
		rows = append(rows, row)
	}
	return rows
}

func (s *Search) row(a *binfmt.Arch, setuid bool) Row {
	row := Row{Arch: a.Name, Names: a.Names()[1:]}
	e, err := s.Find(a, false)
	if err != nil {
		row.Problem = err.Error()
		row.Install = s.Install(a)
		return row
	}
	row.Emulator, row.Kind, row.Version = e.Path, e.Kind.String(), e.Version.Text
	row.Static, row.Flags = e.Static, e.Flags(setuid)
	if !e.Static {
		row.Install = s.Install(a)
	}
	return row
}

// readDir returns those entries that may be names of emulators. A directory that cannot be read has
// none; it is not worth an error, since $PATH may name anything.
func (s *Search) readDir(dir string) (names []string) {
	f, err := s.open(dir, os.O_RDONLY)
	if err != nil {
		return nil
	}
	defer f.Close()
	all, _ := f.Readdirnames(-1)
	for _, name := range all {
		if strings.HasPrefix(name, "qemu-") || dir == debianDir || dir == nixosDir {
			names = append(names, name)
		}
	}
	return names
}
