package inside

import (
	"path"
	"strings"
)

// Shells are where systems have one: most, Android, NixOS, Nix without NixOS.
var Shells = [...]string{"/bin/sh", "/usr/bin/sh", "/bin/bash", "/system/bin/sh", "/run/current-system/sw/bin/sh",
	"/nix/var/nix/profiles/system/sw/bin/sh", "/nix/var/nix/profiles/default/bin/sh", "/nix/var/nix/profiles/default/bin/bash"}

// MultiCalls are programs that are a shell if they are called so, and are there without a link of
// that name in some initramfs.
var MultiCalls = [...]string{"/bin/busybox", "/usr/bin/busybox", "/sbin/busybox", "/busybox", "/bin/toybox", "/usr/bin/toybox"}

// ProgramDirs are the directories of programs that some systems have beside the usual ones:
// Android, NixOS, Nix without NixOS.
var ProgramDirs = [...]string{"/system/bin", "/run/current-system/sw/bin", "/nix/var/nix/profiles/system/sw/bin", "/nix/var/nix/profiles/default/bin"}

// NixStore is where Nix keeps packages.
const NixStore = "/nix/store"

// StoreDirs are the directories of packages in a Nix store that a shell and the usual programs can
// be in. A store without a profile tells nothing else: the tree of nix-store --export, or what Nix
// builds for a container.
func (r *Root) StoreDirs() (dirs []string) {
	for _, name := range r.List(NixStore) {
		_, pkg, _ := strings.Cut(name, "-") // after the hash
		pkg, _, _ = strings.Cut(pkg, "-")
		switch dir := path.Join(NixStore, name, "bin"); pkg {
		case "bash", "busybox", "coreutils", "dash", "toybox":
			if r.IsDir(dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// ShellsOf are the files that may be a shell in directories of programs.
func ShellsOf(dirs []string) (files []string) {
	for _, dir := range dirs {
		files = append(files, dir+"/sh", dir+"/bash", dir+"/dash", dir+"/busybox", dir+"/toybox")
	}
	return files
}
