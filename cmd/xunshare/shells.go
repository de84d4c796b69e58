package main

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/inside"
)

// homeDirs are those that Nix has for a user, in the home.
var homeDirs = [...]string{".nix-profile/bin", ".local/state/nix/profile/bin"}

// pathIn is the PATH for a user of the tree who has this home and this shell.
func (o *resolved) pathIn(home, shell string) string {
	all := intoPath
	for _, dir := range inHome(home) {
		if o.in.IsDir(dir) {
			all = dir + ":" + all
		}
	}
	for _, dir := range inside.ProgramDirs {
		if o.in.IsDir(dir) {
			all += ":" + dir
		}
	}
	if strings.HasPrefix(shell, inside.NixStore) {
		all += ":" + strings.Join(o.in.StoreDirs(), ":")
	}
	return all
}

// shellIn is a shell that the root has: this one, or else the first of the usual ones that is
// there.
func (o *resolved) shellIn(shell, home string) string {
	if o.Root == "" {
		return shell
	}
	why := o.cannotRun(shell)
	if why == "" {
		return shell
	}
	other := o.anyShell(home)
	switch {
	case other == "":
		return shell
	case len(o.Program) > 0:
	case shell != defaultShell:
		o.notes.Add("the shell in its passwd, %s, is %s %s: %s is run instead", shell, why, o.Root, called(other))
	case isMultiCall(other):
		o.notes.Add("%s is %s %s: %s is run instead", shell, why, o.Root, called(other))
	}
	return other
}

// cannotRun tells what is wrong with a program in the root, in front of the name of the root; ""
// for nothing.
func (o *resolved) cannotRun(file string) string {
	switch mode := o.in.Mode(file); {
	case mode == 0:
		return "not in"
	case mode&unix.S_IFMT == unix.S_IFDIR:
		return "a directory in"
	case mode&unix.S_IFMT != unix.S_IFREG || mode&0o111 == 0:
		return "not executable in"
	}
	return ""
}

// anyShell is the first of the usual shells that can be run in the root; "" if there is none.
func (o *resolved) anyShell(home string) string {
	for _, shell := range inside.Shells {
		if o.cannotRun(shell) == "" {
			return shell
		}
	}
	for _, file := range slices.Concat(inside.ShellsOf(inHome(home)), inside.MultiCalls[:], inside.ShellsOf(o.in.StoreDirs())) {
		if o.cannotRun(file) == "" {
			return file
		}
	}
	return ""
}

func inHome(home string) (dirs []string) {
	for _, dir := range homeDirs {
		dirs = append(dirs, path.Join(home, dir))
	}
	return dirs
}

// isMultiCall tells whether a program has to be told that it is a shell.
func isMultiCall(file string) bool {
	base := path.Base(file)
	return base == "busybox" || base == "toybox"
}

// called is how a person would call a shell.
func called(shell string) string {
	if isMultiCall(shell) {
		return shell + " sh"
	}
	return shell
}

// loginName is what a login shell finds as its name.
func loginName(shell string) string {
	if isMultiCall(shell) {
		return "-sh"
	}
	return "-" + path.Base(shell)
}
