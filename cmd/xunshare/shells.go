package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/chroot"
)

// shells are where systems have one: most, Android, NixOS, Nix without NixOS.
var shells = [...]string{"/bin/sh", "/usr/bin/sh", "/bin/bash", "/system/bin/sh", "/run/current-system/sw/bin/sh",
	"/nix/var/nix/profiles/system/sw/bin/sh", "/nix/var/nix/profiles/default/bin/sh", "/nix/var/nix/profiles/default/bin/bash"}

// multiCalls are programs that are a shell if they are called so, and are there without a link of that name in some initramfs.
var multiCalls = [...]string{"/bin/busybox", "/usr/bin/busybox", "/sbin/busybox", "/busybox", "/bin/toybox", "/usr/bin/toybox"}

// programDirs are the directories of programs that some systems have beside those of intoPath.
var programDirs = [...]string{"/system/bin", "/run/current-system/sw/bin", "/nix/var/nix/profiles/system/sw/bin", "/nix/var/nix/profiles/default/bin"}

// homeDirs are those that Nix has for a user, in the home.
var homeDirs = [...]string{".nix-profile/bin", ".local/state/nix/profile/bin"}

const nixStore = "/nix/store"

// storeDirs are the directories of packages in a Nix store that a shell and the usual programs can be in. A store without a profile
// tells nothing else: the tree of nix-store --export, or what Nix builds for a container.
func (o *Options) storeDirs() (dirs []string) {
	for _, name := range chroot.List(o.seen(), nixStore) {
		_, pkg, _ := strings.Cut(name, "-") // after the hash
		pkg, _, _ = strings.Cut(pkg, "-")
		switch dir := path.Join(nixStore, name, "bin"); pkg {
		case "bash", "busybox", "coreutils", "dash", "toybox":
			if chroot.IsDir(o.seen(), dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// pathIn is the PATH for a user of the tree who has this home and this shell.
func (o *Options) pathIn(home, shell string) string {
	all := intoPath
	for _, dir := range inHome(home) {
		if chroot.IsDir(o.seen(), dir) {
			all = dir + ":" + all
		}
	}
	for _, dir := range programDirs {
		if chroot.IsDir(o.seen(), dir) {
			all += ":" + dir
		}
	}
	if strings.HasPrefix(shell, nixStore) {
		all += ":" + strings.Join(o.storeDirs(), ":")
	}
	return all
}

// shellIn is a shell that the root has: this one, or else the first of the usual ones that is there.
func (o *Options) shellIn(shell, home string) string {
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
		o.note(fmt.Sprintf("the shell in its passwd, %s, is %s %s: %s is run instead", shell, why, o.Root, called(other)))
	case isMultiCall(other):
		o.note(fmt.Sprintf("%s is %s %s: %s is run instead", shell, why, o.Root, called(other)))
	}
	return other
}

// cannotRun tells what is wrong with a program in the root, in front of the name of the root; "" for nothing.
func (o *Options) cannotRun(file string) string {
	switch mode := chroot.Mode(o.seen(), file); {
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
func (o *Options) anyShell(home string) string {
	for _, shell := range shells {
		if o.cannotRun(shell) == "" {
			return shell
		}
	}
	for _, file := range slices.Concat(shellsOf(inHome(home)), multiCalls[:], shellsOf(o.storeDirs())) {
		if o.cannotRun(file) == "" {
			return file
		}
	}
	return ""
}

func shellsOf(dirs []string) (files []string) {
	for _, dir := range dirs {
		files = append(files, dir+"/sh", dir+"/bash", dir+"/dash", dir+"/busybox", dir+"/toybox")
	}
	return files
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
