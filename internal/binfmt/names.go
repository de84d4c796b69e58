package binfmt

import (
	"cmp"
	"slices"
	"strings"

	"github.com/xrash/smetrics"
)

// FindArch returns the architecture of that name, nil if there is none, if nothing emulates it
// (x32) or if it may be one of several. Names are those of QEMU's targets, dpkg, Go, uname -m, rpm,
// Alpine, Docker Hub; OCI platforms ("linux/arm/v7", with or without "linux/"); Nix systems and GNU
// triplets of Linux ("aarch64-linux", "mips64el-linux-gnuabi64", "x86_64-pc-linux-musl"). Case does
// not matter. The comment on arches says which convention wins where they contradict each other.
func FindArch(name string) *Arch {
	name = strings.ToLower(name)
	if a := findWord(name); a != nil {
		return a
	}
	if strings.IndexByte(name, '/') >= 0 {
		return findPlatform(name)
	}
	return findTriplet(name)
}

// findWord finds a name that is in the table as it is.
func findWord(name string) *Arch {
	if name == "" {
		return nil
	}
	for i := range arches {
		if arches[i].Name == name {
			return &arches[i]
		}
	}
	for i := range arches {
		a := &arches[i]
		if hasWord(a.Debian, name) || a.Go == name || hasWord(a.Aliases, name) {
			return a
		}
	}
	return nil
}

// hasWord reports whether word is one of those that list has, separated by commas.
func hasWord(list, word string) bool {
	for list != "" {
		var first string
		if first, list, _ = strings.Cut(list, ","); first == word {
			return true
		}
	}
	return false
}

// findPlatform finds what the OCI image index calls a platform: os/architecture/variant. A variant
// is about the CPU, not about who runs the program, but one that the architecture does not have is
// a mistake.
func findPlatform(name string) *Arch {
	cpu, variant, hasVariant := strings.Cut(strings.TrimPrefix(name, "linux/"), "/")
	a := findWord(cpu)
	if a == nil || !hasVariant {
		return a
	}
	variants := ""
	switch a.Name {
	case "aarch64":
		variants = "v8,v9"
	case "arm":
		variants = "v5,v6,v7,v8"
	case "x86_64":
		variants = "v1,v2,v3,v4"
	}
	if !hasWord(variants, variant) {
		return nil
	}
	return a
}

// findTriplet finds cpu-linux, cpu-linux-env, cpu-vendor-linux and cpu-vendor-linux-env, and what
// Nix makes of env: cpu-linuxenv.
func findTriplet(name string) *Arch {
	if rest, found := strings.CutPrefix(name, "x86-64-"); found {
		name = "x86_64-" + rest // so in Debian's names of packages
	}
	cpu, rest, _ := strings.Cut(name, "-")
	env, found := strings.CutPrefix(rest, "linux")
	if !found {
		_, env, found = strings.Cut(rest, "-linux")
	}
	a := findWord(cpu)
	if a == nil || !found {
		return nil
	}
	return a.environment(strings.TrimPrefix(env, "-"))
}

// environment returns the architecture of the programs for the CPU of a that the last part of a
// triplet tells, libc and ABI: "gnueabihf". Others than a are the n32 programs of MIPS; for those
// that no emulator takes ("gnux32", "gnu_ilp32") it is nil.
//
// It is nil for mips64-linux-gnu too: GCC makes n32 programs by that name (gcc/config.gcc), others
// mean n64.
func (a *Arch) environment(env string) *Arch {
	mips64 := a.Machine == 8 && a.Class == class64
	abi := withoutLibc(env)
	if mips64 && (abi == "abin32" || abi == "n32") {
		return findWord(strings.Replace(a.Name, "mips64", "mipsn32", 1))
	}
	fits := false
	switch abi {
	case "":
		fits = !mips64 || env != "gnu"
	case "eabi", "eabihf":
		fits = a.Machine == 40
	case "abi64":
		fits = mips64
	case "spe":
		fits = a.Name == "ppc"
	case "f32", "f64", "sf":
		fits = a.Name == "loongarch64"
	}
	if !fits {
		return nil
	}
	return a
}

func withoutLibc(env string) (abi string) {
	for _, libc := range [...]string{"gnu", "musl", "uclibc", "android"} {
		if abi, found := strings.CutPrefix(env, libc); found {
			return abi
		}
	}
	return env
}

// Names returns the words that FindArch knows a by, each once, for a table: the QEMU target first,
// then those of dpkg, Go and others. Platforms and triplets, which are made of them, are not among
// them.
func (a *Arch) Names() []string {
	names := []string{a.Name}
	for _, list := range [...]string{a.Debian, a.Go, a.Aliases} {
		for name := range strings.SplitSeq(list, ",") {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

const (
	near     = 0.79 // how similar a name has to be, of 1: letters exchanged, missing or too many reach it in short names too
	nearest  = 3    // how many are offered
	maxTyped = 40   // bytes of what somebody may have meant to be a name
)

// NearestArches returns at most three names that name was perhaps meant to be, the likeliest first,
// each of another architecture, and none if nothing is near. Of platforms and triplets the part
// with the CPU is looked at.
func NearestArches(name string) []string {
	word := strings.TrimPrefix(strings.ToLower(name), "linux/")
	if end := strings.IndexAny(word, "/-"); end >= 0 {
		word = word[:end]
	}
	if word == "" || len(word) > maxTyped {
		return nil
	}
	var found []guess
	for i := range arches {
		if g := arches[i].guess(word); g.score >= near {
			found = append(found, g)
		}
	}
	slices.SortStableFunc(found, func(a, b guess) int { return cmp.Compare(b.score, a.score) })
	var names []string
	for _, g := range found[:min(nearest, len(found))] {
		names = append(names, g.name)
	}
	return names
}

// guess is a name that may have been meant.
type guess struct {
	name  string
	score float64 // 1: the same
}

// guess returns the name of a that is nearest to word.
func (a *Arch) guess(word string) (best guess) {
	for _, name := range a.Names() {
		// The boost for a common start is the usual one: of up to four letters, for words that are
		// alike at all.
		if score := smetrics.JaroWinkler(word, name, 0.7, 4); score > best.score {
			best = guess{name, score}
		}
	}
	return best
}
