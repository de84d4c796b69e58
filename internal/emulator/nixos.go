package emulator

import "github.com/xunshare/xunshare/internal/binfmt"

// nixSystems is what nixpkgs calls the systems of an architecture (lib/systems/doubles.nix), the
// usual one first.
func nixSystems(a *binfmt.Arch) []string {
	switch a.Name {
	case "arm":
		return []string{"armv7l-linux", "armv6l-linux", "armv5tel-linux"}
	case "i386":
		return []string{"i686-linux", "i586-linux", "i486-linux", "i386-linux"}
	case "mips64", "mips64el":
		return []string{a.Name + "-linuxabi64", a.Name + "-linux"}
	case "mipsn32":
		return []string{"mips64-linuxabin32"}
	case "mipsn32el":
		return []string{"mips64el-linuxabin32"}
	case "ppc", "ppc64", "ppc64le":
		return []string{"powerpc" + a.Name[len("ppc"):] + "-linux"}
	}
	return []string{a.Name + "-linux"}
}
