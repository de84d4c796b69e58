package emulator

import (
	"fmt"
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Given is an emulator that the user has named.
type Given struct {
	Arch *binfmt.Arch // nil if neither the option nor the name of the file says which
	Path string
}

// ParseGiven reads PATH or ARCH=PATH. What precedes the first '=' is an architecture unless it has
// a '/'; a PATH alone says its architecture if its last part is qemu-ARCH or qemu-ARCH-static.
func ParseGiven(s string) (Given, error) {
	name, file, isPair := strings.Cut(s, "=")
	if !isPair || strings.IndexByte(name, '/') >= 0 {
		name, file = "", s
	}
	if file == "" || strings.IndexByte(file, 0) >= 0 {
		return Given{}, remedy.New(fmt.Sprintf("emulator %q: the path of a program is missing", s),
			"write --emulator=PATH or --emulator=ARCH=PATH")
	}
	if name == "" && file == s {
		return Given{Arch: archOf(path.Base(file)), Path: file}, nil
	}
	a := binfmt.FindArch(name)
	if a == nil {
		return Given{}, remedy.New(fmt.Sprintf("emulator %q: there is no architecture %q", s, name),
			"xunshare --list-arches lists them; a path with '=' in it needs a '/' before the '='")
	}
	return Given{Arch: a, Path: file}, nil
}

// archOf returns what the name of an emulator says.
func archOf(base string) *binfmt.Arch {
	name, isQEMU := strings.CutPrefix(base, "qemu-")
	if !isQEMU {
		return nil
	}
	return binfmt.FindArch(strings.TrimSuffix(name, "-static"))
}

// Searching begins a search for the emulators of architectures, in path as $PATH has it. Emulators
// that were given come first.
func Searching(path string, given []Given, asked []*binfmt.Arch) (*Search, error) {
	assigned, err := assign(given, asked)
	return &Search{Path: path, Given: assigned}, err
}

// assign gives each emulator an architecture. One without is for the architecture that was asked
// for, which has to be a single one then. Two for the same are an error.
func assign(given []Given, asked []*binfmt.Arch) ([]Given, error) {
	assigned := make([]Given, 0, len(given))
	for _, g := range given {
		if g.Arch == nil && len(asked) != 1 {
			return nil, remedy.Errorf("say which: --emulator=ARCH="+g.Path,
				"emulator %s: its name does not tell which architecture it is for", g.Path)
		}
		if g.Arch == nil {
			g.Arch = asked[0]
		}
		for _, other := range assigned {
			if other.Arch == g.Arch {
				return nil, remedy.Errorf("leave one out", "two emulators are given for %s: %s and %s", g.Arch.Name, other.Path, g.Path)
			}
		}
		assigned = append(assigned, g)
	}
	return assigned, nil
}
