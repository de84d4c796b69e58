package binfmt

import (
	"slices"
	"strings"
	"testing"
)

// words are the columns of the table with what Names returns, made are those with what is made of
// such words.
var (
	words = []string{"qemu_target", "debian", "goarch", "uname_m", "rpm", "alpine", "aliases"}
	made  = []string{"gnu_triplet", "oci", "nix"}
)

// Every name of every convention in the table finds its row, and no name is known that the table
// has not.
func TestNamesAreThoseOfTheTable(t *testing.T) {
	for _, r := range table(t) {
		a := FindArch(r["qemu_target"])
		if a == nil {
			continue // "i386 (EM_486)": TestArchesAreThoseOfTheTable
		}
		known := map[string]bool{}
		for _, column := range append(words, made...) {
			for name := range strings.SplitSeq(r[column], ",") {
				known[name] = true
				if got := FindArch(name); name != "" && got != a {
					t.Errorf("FindArch(%q), %s of %s, is %+v", name, column, a.Name, got)
				}
				if got := FindArch(strings.ToUpper(name)); name != "" && got != a {
					t.Errorf("FindArch(%q) is %+v", strings.ToUpper(name), got)
				}
				if name != "" && slices.Contains(words, column) && !slices.Contains(a.Names(), name) {
					t.Errorf("%s of %s is not in Names: %v", name, a.Name, a.Names())
				}
			}
		}
		for _, name := range a.Names() {
			if !known[name] {
				t.Errorf("%s has the name %s, the table has not", a.Name, name)
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	of := map[string]string{}
	for i, a := range Arches() {
		if a != &arches[i] || a.Names()[0] != a.Name {
			t.Errorf("architecture %d is %s, %v", i, a.Name, a.Names())
		}
		for _, name := range a.Names() {
			if of[name] != "" || name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, "/, ") {
				t.Errorf("name %q of %s and of %s", name, a.Name, of[name])
			}
			of[name] = a.Name
		}
	}
	if len(Arches()) != len(arches) {
		t.Errorf("%d of %d architectures", len(Arches()), len(arches))
	}
	if got := strings.Join(FindArch("ppc64le").Names(), " "); got != "ppc64le ppc64el powerpc64le" {
		t.Errorf("Names of ppc64le: %s", got)
	}
}

func TestFindArch(t *testing.T) {
	for _, c := range []struct{ want, names string }{
		{"aarch64", "arm64 AArch64 aarch64-unknown-linux-gnu aarch64-linux-musl aarch64-linux-android linux/arm64/v8 arm64/v8 aarch64-poky-linux"},
		{"arm", "armhf armv7l linux/arm/v7 arm/v7 arm-linux-gnu arm-linux-gnueabihf armv7-unknown-linux-musleabihf armv7-alpine-linux-musleabihf armv7l-linux arm-linux-androideabi"},
		{"armeb", "armeb-linux-gnueabihf"},
		{"i386", "386 i686-pc-linux-gnu i686-linux-android linux/386 I586"},
		{"loongarch64", "loongarch64-linux-gnusf loongarch64-linux-gnuf64"},
		{"mipsn32", "mips64-linux-gnuabin32 mips64-linux-muslabin32 mips64-poky-linux-gnun32"},
		{"mipsn32el", "mips64el-linux-gnuabin32"},
		{"mips64", "mips64-linux mips64-linux-musl mips64-openwrt-linux-musl"},
		{"mips64el", "mips64le mips64el-linux-gnuabi64"},
		{"ppc", "powerpc powerpc-linux-musl powerpc-linux-gnuspe"},
		{"ppc64le", "ppc64el powerpc64le-alpine-linux-musl ppc64le-redhat-linux"},
		{"riscv64", "riscv64gc-unknown-linux-gnu"},
		{"s390x", "s390x-ibm-linux-gnu"},
		{"sparc", "sparc"},
		{"sparc64", "sparcv9 sparc64-unknown-linux-gnu"},
		{"x86_64", "amd64 x86-64 x86_64-pc-linux-gnu x86-64-linux-gnu x86_64-suse-linux amd64/v2 x86_64-linux-uclibc"},
		{"", ", armel,armhf arm6 qemu-arm arm64ec"}, // one word each, none of them known
		{"", "x32 x86_64-linux-gnux32 x86_64-pc-linux-muslx32 aarch64-linux-gnu_ilp32 arm64ilp32"},
		{"", "s390 s390-linux-gnu hppa64-linux-gnu powerpcle powerpcle-linux-gnu powerpcel riscv sh loongarch32 ia64"},
		{"", "mips64-linux-gnu mips64el-unknown-linux-gnu mips-linux-gnuabi64 mips-linux-gnuabin32 i686-linux-gnueabihf"},
		{"", "ppc64-linux-gnuspe aarch64-linux-gnusf aarch64-linux-gnueabi aarch64-linux-foo"},
		{"", "x86_64-apple-darwin aarch64-none-elf arm-none-eabi x86_64-w64-mingw32 windows/amd64 darwin/arm64 linux"},
		{"", "arm64/v7 arm/v4 arm/v7/ linux/ppc64le/v1 linux/ linux// / - -linux linux- aarch64- -"},
	} {
		for name := range strings.FieldsSeq(c.names) {
			a := FindArch(name)
			if a == nil && c.want != "" || a != nil && a.Name != c.want {
				t.Errorf("FindArch(%q) is %+v, want %q", name, a, c.want)
			}
		}
	}
	for _, name := range []string{"", " ", "arm ", "arm\n", "ſh4"} {
		if a := FindArch(name); a != nil {
			t.Errorf("FindArch(%q) is %s", name, a.Name)
		}
	}
}

func TestNearestArches(t *testing.T) {
	for _, c := range []struct{ typed, first string }{
		{"amr64", "arm64"}, {"arch64", "aarch64"}, {"pcc", "ppc"}, {"ppc46le", "ppc64le"}, {"s390", "s390x"}, {"riscv6", "riscv64"},
		{"powerpc64el", "powerpc64le"}, {"mpis", "mips"}, {"x8664", "x86_64"}, {"armhg", "armhf"}, {"AMD46", "amd64"},
		{"aarch64-linux-gun", "aarch64"}, {"mips64-linux-gnu", "mips64"}, {"linux/arm6", "arm64"}, {"linux/amr64/v8", "arm64"},
		{"", ""}, {"windows", ""}, {"foo", ""}, {"/", ""}, {"-", ""}, {"\xff", ""}, {strings.Repeat("arm64", 1000), ""},
	} {
		names := NearestArches(c.typed)
		if c.first == "" && names != nil || c.first != "" && (len(names) == 0 || names[0] != c.first) || len(names) > 3 {
			t.Errorf("NearestArches(%.20q) is %v, want first %q", c.typed, names, c.first)
		}
		seen := map[*Arch]bool{}
		for _, name := range names {
			if a := FindArch(name); a == nil || seen[a] {
				t.Errorf("NearestArches(%q): %s of %v is %+v", c.typed, name, names, a)
			} else {
				seen[a] = true
			}
		}
	}
}

func FuzzFindArch(f *testing.F) {
	for _, name := range []string{"arm64", "linux/arm/v7", "mips64el-linux-gnuabin32", "x86-64-linux", "x32"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if a := FindArch(name); a != nil && FindArch(a.Name) != a {
			t.Errorf("FindArch(%q) is %+v", name, a)
		}
		if n := NearestArches(name); len(n) > nearest {
			t.Errorf("NearestArches(%q) is %v", name, n)
		}
	})
}
