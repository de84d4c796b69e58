// Package emulator finds out which emulator of this machine runs the programs of an architecture,
// what it is, and with which flags a rule should start it.
//
// Nothing is run and nothing is remembered on disk: an emulator that is upgraded is the next
// launch's. Whether one particular emulator can do its work is judged by package binfmt; take that
// directly for a rule that names its interpreter.
package emulator

import (
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Emulator is one that fits.
type Emulator struct {
	Arch    *binfmt.Arch
	Path    string // of the file itself, symbolic links resolved: what a rule should name
	Static  bool   // it needs no loader, so it can be started inside any root; false too if it cannot be read
	Kind    Kind
	Version Version // of QEMU; zero if it is not known
}

// Search says where to look.
type Search struct {
	Path  string  // $PATH; relative directories in it are left out
	Given []Given // each with its architecture: they are taken before all others
	Root  string  // what is in front of every path, for tests; "" is this machine's root

	listing map[string][]string // what is in a directory, if that has been read
}

// Find returns the emulator for a. One that was given is taken; without one, a static emulator is
// preferred to a dynamic one wherever they are, and among equals the first directory decides. Only
// a static one will do if needStatic is set, because a root will be entered: what a dynamic one
// needs is looked up in there.
//
// The error names what came nearest and why it does not do, and what to install.
func (s *Search) Find(a *binfmt.Arch, needStatic bool) (*Emulator, error) {
	f := finder{search: s, arch: a, needStatic: needStatic, host: binfmt.Host()}
	for _, g := range s.Given {
		if g.Arch == a {
			return f.given(g)
		}
	}
	f.places(s.directories())
	if f.best == nil {
		return nil, f.notFound()
	}
	return f.best, nil
}

// finder is one search.
type finder struct {
	search     *Search
	arch       *binfmt.Arch
	needStatic bool
	host       *binfmt.Arch

	best     *Emulator
	bestRank rank
	rejected error // about the candidate that came nearest
	nearness nearness
}

// rank orders those that fit: the lowest is taken.
type rank uint8

const (
	rankStatic     rank = iota
	rankUnreadable      // mode 0111: most likely static, but nobody can tell
	rankDynamic
)

// places tries all the files that there may be, until one cannot be bettered.
func (f *finder) places(dirs []string) {
	for _, dir := range dirs {
		for _, name := range f.search.names(dir, f.arch) {
			f.try(dir + "/" + name)
			if f.best != nil && f.bestRank == rankStatic {
				return
			}
		}
	}
}

// try judges one file, which need not be there.
func (f *finder) try(path string) {
	file := f.search.examine(path)
	if missing(file.Err) {
		return
	}
	if near, err := f.reject(file); err != nil {
		if f.rejected == nil || near > f.nearness {
			f.rejected, f.nearness = err, near
		}
		return
	}
	if r := rankOf(file); f.best == nil || r < f.bestRank {
		f.best, f.bestRank = f.accept(file), r
	}
}

func rankOf(file binfmt.Interpreter) rank {
	switch {
	case file.Image == nil:
		return rankUnreadable
	case file.Image.Static():
		return rankStatic
	}
	return rankDynamic
}

// accept finds out what an emulator that fits is.
func (f *finder) accept(file binfmt.Interpreter) *Emulator {
	e := &Emulator{Arch: f.arch, Path: file.Path, Static: file.Image.Static()}
	e.Kind, e.Version = f.search.identify(file)
	return e
}

// lookedUp is for an emulator named without a path: it says that PATH does not matter.
func lookedUp(g Given) []string {
	if strings.Contains(g.Path, "/") {
		return nil
	}
	return []string{"write a path: --emulator=/usr/bin/" + g.Path}
}

// given takes what the user has named, or says why it cannot be taken; no other is looked for then.
func (f *finder) given(g Given) (*Emulator, error) {
	file := f.search.examine(g.Path)
	if missing(file.Err) {
		return nil, remedy.Wrap(givenError(g, file.Fits(f.host)), lookedUp(g)...)
	}
	if isScript(file) && !f.needStatic {
		return f.accept(file), nil // its user knows what it passes on
	}
	if _, err := f.reject(file); err != nil {
		return nil, givenError(g, err)
	}
	return f.accept(file), nil
}
