package main

import (
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/terminfo"
)

// terminfoDir is where a tree finds the description of the caller's terminal, if it has none
// itself. TERMINFO_DIRS names it, and after it the system's own (terminfo(5)).
const (
	terminfoDir      = "/run/xunshare/terminfo"
	terminfoVariable = "TERMINFO_DIRS"
)

// describeTerminal sees to it that programs in the tree know the terminal that TERM names: the
// tree's own description will do, or else the host's is shown. Where there is none, TERM becomes
// the nearest that the tree knows.
func (o *resolved) describeTerminal(f *Facts) {
	name, _ := environ.Find(f.Target.Env, "TERM")
	_, other := environ.Find(f.Target.Env, "TERMINFO")
	if !o.Into || other || !terminfo.IsName(name) || o.hasTerminal(terminfo.System[:], letterFile, name) {
		return
	}
	dirs := o.terminfoDirs()
	if o.describes(dirs, name) || len(dirs) == 0 && isCommon(name) {
		return
	}
	if data := terminfo.Find(name, environ.Get); data != nil {
		o.prepend(chroot.Operation{Kind: chroot.File, Target: terminfo.Files(terminfoDir, name)[letterFile], Data: string(terminfo.Old(data))})
		others, _ := environ.Find(f.Target.Env, terminfoVariable)
		f.Target.Env = with(f.Target.Env, terminfoVariable, terminfoDir+":"+others)
		return
	}
	if near := o.nearestTerminal(dirs, name); near != "" {
		o.notes.Add("neither %s nor this system has a description of the terminal %s (terminfo): TERM is %s inside", o.Root, name, near)
		f.Target.Env = with(f.Target.Env, "TERM", near)
	}
}

// The names that terminfo.Files returns.
const letterFile, numberFile = 0, 1

// isCommon tells whether every collection of descriptions has this one. A tree without any is
// likely to have nothing that reads them.
func isCommon(name string) bool {
	return slices.Contains([]string{"xterm", "xterm-256color", "linux", "screen", "screen-256color", "vt100", "vt220", "dumb"}, name)
}

// terminfoDirs are the directories of the tree that descriptions lie in.
func (o *resolved) terminfoDirs() (dirs []string) {
	home := o.account().home
	for _, dir := range append(terminfo.System[:], path.Join(home, ".terminfo")) {
		if o.in.Exists(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (o *resolved) hasTerminal(dirs []string, kind int, name string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return o.in.Exists(terminfo.Files(dir, name)[kind]) })
}

// describes tells whether one of the directories has a description, in either of the places that it
// can have there.
func (o *resolved) describes(dirs []string, name string) bool {
	return o.hasTerminal(dirs, letterFile, name) || o.hasTerminal(dirs, numberFile, name)
}

// nearestTerminal is one that the tree knows and that understands most of what the other does; ""
// if it knows none.
func (o *resolved) nearestTerminal(dirs []string, name string) string {
	likely := []string{"xterm-256color", "xterm", "vt220", "linux", "vt100", "ansi", "dumb"}
	switch {
	case strings.HasPrefix(name, "tmux"), strings.HasPrefix(name, "screen"):
		likely = append([]string{"tmux-256color", "screen-256color", "tmux", "screen"}, likely...)
	case strings.HasPrefix(name, "vt"):
		likely = []string{"vt220", "vt100", "ansi", "dumb"}
	}
	for _, near := range likely {
		if o.describes(dirs, near) {
			return near
		}
	}
	return ""
}

// with sets a variable.
func with(env []string, name, value string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, name+"=") })
	return append(env, name+"="+value)
}
