package rules

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/remedy"
)

// A sysroot is a directory with the loader and the libraries of an architecture, as cross
// compilers have it. QEMU looks for a file there first (its option -L).
type sysroot struct {
	Arch *binfmt.Arch // nil until its loader has told
	Dir  string
	Hard bool // for the programs of arm that Debian calls armhf
}

// sysroots is one for each architecture that has any; two for arm, if both kinds of programs have
// one.
type sysroots []sysroot

// of is the one for an architecture, and for one of the kinds if there are two; nil if there is
// none.
func (s sysroots) of(a *binfmt.Arch, hard bool) (found *sysroot) {
	for i := range s {
		if s[i].Arch == a && (found == nil || s[i].Hard == hard) {
			found = &s[i]
		}
	}
	return found
}

// prefixVariable is the environment's form of QEMU's option -L.
const prefixVariable = "QEMU_LD_PREFIX"

// setting is the variable that makes QEMU use a sysroot; "" for none.
func (r *sysroot) setting() string {
	if r == nil {
		return ""
	}
	return prefixVariable + "=" + r.Dir
}

// variables are what makes QEMU use the sysroot of an architecture.
func (r *sysroot) variables() []emulator.Variable { return unseen(r.setting()) }

// unseen are settings of QEMU's that an emulated program does not see (QEMU_UNSET_ENV, option -U),
// because the programs that it starts may be for another architecture. One that the user has set is
// left alone, and seen.
func unseen(settings ...string) (variables []emulator.Variable) {
	names := ""
	for _, s := range settings {
		if name, _, set := strings.Cut(s, "="); set {
			variables = append(variables, emulator.Variable{Text: s})
			names += name + ","
		}
	}
	if len(variables) == 0 {
		return nil
	}
	const unset = "QEMU_UNSET_ENV"
	return append(variables, emulator.Variable{Text: unset + "=" + names + unset, Companion: true})
}

// chooseSysroots finds out which sysroot each of the architectures uses. Those that were given
// are taken first.
func (c *chooser) chooseSysroots(arches []*binfmt.Arch) (all sysroots, err error) {
	for _, given := range c.Foreign.Sysroots {
		r, err := c.completed(sysroot{Arch: given.Arch, Dir: given.Dir})
		if err != nil {
			return nil, fmt.Errorf("--sysroot: %w", err)
		}
		same := func(other sysroot) bool { return other.Arch == r.Arch && other.Hard == r.Hard }
		all = append(slices.DeleteFunc(all, same), r)
	}
	if len(arches) == 0 {
		return all, nil
	}
	dirs := c.crossDirs()
	for _, a := range arches {
		if all.of(a, false) == nil {
			all = append(all, c.findSysroots(a, dirs)...)
		}
	}
	for _, r := range all {
		c.notes.Detail("%s: libraries from %s", r.Arch.Name, r.Dir)
	}
	return all, nil
}

// completed checks a sysroot that was given, and finds out which architecture it is for.
func (c *chooser) completed(r sysroot) (sysroot, error) {
	if c.Root == "" {
		dir, err := filepath.Abs(r.Dir)
		if err != nil {
			return r, err
		}
		r.Dir = dir
	}
	switch {
	case !path.IsAbs(r.Dir):
		return r, remedy.New(fmt.Sprintf("%s: the programs look for it in %s, where it has to be an absolute path", r.Dir, c.Root),
			"give its path inside the root: --sysroot=/usr/aarch64-linux-gnu")
	case !c.in.IsDir(r.Dir):
		what := "is not a directory"
		if !c.in.Exists(r.Dir) {
			what = "there is no such directory"
		}
		return r, remedy.New(fmt.Sprintf("%s: %s%s", r.Dir, what, c.inRoot()), "name the directory that has the loader in its lib, such as /usr/aarch64-linux-gnu")
	case r.Arch != nil:
		r.Hard = isHard(c.loaderIn(r.Dir, r.Arch))
		return r, nil
	}
	for _, a := range binfmt.Arches() {
		if loader := c.loaderIn(r.Dir, a); loader != "" {
			r.Arch, r.Hard = a, isHard(loader)
			return r, nil
		}
	}
	return r, remedy.New(fmt.Sprintf("%s: has no program loader (ld-linux*.so*) in lib or lib64 that tells its architecture", r.Dir),
		"say which it is for: --sysroot=arm64:"+r.Dir)
}

func (c *chooser) inRoot() string {
	if c.Root == "" {
		return ""
	}
	return " in " + c.Root
}

// crossDirs are the directories that may be sysroots. Debian, Arch and Gentoo have them as
// /usr/TRIPLET, where Debian's packages libc6-ARCH-cross put the libraries; Fedora and openSUSE
// have a sys-root in there.
func (c *chooser) crossDirs() (dirs []string) {
	for _, name := range c.in.List("/usr") {
		if strings.Contains(name, "-linux") {
			dirs = append(dirs, "/usr/"+name)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// findSysroots looks for those that have a loader for the architecture, where the tree itself has
// not: one, and for arm one of each kind.
func (c *chooser) findSysroots(a *binfmt.Arch, dirs []string) (found sysroots) {
	for _, dir := range dirs {
		name, _, _ := strings.Cut(path.Base(dir), "-")
		other := binfmt.FindArch(name)
		if other != nil && other != a && !strings.HasPrefix(name, "mips") { // n32 is called mips64
			continue
		}
		for _, dir := range [...]string{dir, dir + "/sys-root"} {
			loader := c.loaderIn(dir, a)
			same := func(other sysroot) bool { return other.Hard == isHard(loader) }
			if loader != "" && !c.isFor(loader, a) && !slices.ContainsFunc(found, same) {
				found = append(found, sysroot{a, dir, isHard(loader)})
			}
		}
	}
	return found
}

// isHard tells whether a loader is for Debian's armhf.
func isHard(loader string) bool { return strings.Contains(loader, "armhf") }

// loaderIn is the path of a loader for the architecture in a sysroot, as its programs have it; ""
// if there is none.
func (c *chooser) loaderIn(sysroot string, a *binfmt.Arch) string {
	for _, dir := range [...]string{"/lib", "/lib64", "/lib32", "/usr/lib"} {
		for _, name := range c.in.List(sysroot + dir) {
			if strings.HasPrefix(name, "ld") && strings.Contains(name, ".so") && c.isFor(path.Join(sysroot, dir, name), a) {
				return path.Join(dir, name)
			}
		}
	}
	return ""
}

// isFor tells whether a file is a program, or a loader, for the architecture.
func (c *chooser) isFor(file string, a *binfmt.Arch) bool {
	h := c.header(file)
	return h != nil && h.Arch() == a
}
