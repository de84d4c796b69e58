// Package native finds the programs of a foreign tree in whose place this machine has its own
// (--native), and prepares those: compilers and shells need not be emulated.
//
// A program of the tree is known by its build-id, wherever it lies. What runs in its place is a copy
// of the host's program in a folder of which only the target can see something, with copies of its
// loader and libraries: inside there is only the tree. docs/decisions/0027 says why it is so.
//
// Not for: recognizing a program when it is executed, which the emulator's copy does (package
// emulator), and mounting the folder (package chroot).
package native

import (
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/emulator"
)

// A program is one that may run natively.
type program struct {
	name string
	set  string // the first that it is in
	// place is where it lies in the tree; "" for /usr/bin. %T is the triplet of a compiler, %V its
	// version. A program of Go has only its name.
	place string
	// pkg is Debian's package of it for the host; "" for one that is called as it is. %T is the
	// triplet.
	pkg        string
	emulated   emulator.NativeFlags // when it is emulated all the same
	endianness bool                 // what it does depends on the byte order
	words      bool                 // and on the size of words
	machine    []string             // variables that tell it the machine: %S the system, %C the processor
	offloading emulator.NativeFlags // when it is emulated if only the tree's compiler can leave work to a graphics card
}

// The sets. A set has all of those before it in build, the default.
const (
	compilers = "cc"
	build     = "build"
	packages  = "deb"
	golang    = "go"
	clang     = "clang"
	alone     = "" // in none, by name only
)

// sets are those that can be asked for.
var sets = [...]string{compilers, build, packages, golang, clang}

const (
	bin      = "/usr/bin/"
	gccDir   = "/usr/lib/gcc/%T/%V/"
	binutils = "binutils-%T"

	driver = emulator.LibraryPathSet | emulator.FromFile
	linker = driver | emulator.Plugins
)

// programs are those that give the same results on every machine. Not here are those that tell the
// machine or its kernel (uname, arch), that compute in long double (printf, seq, sort -g, numfmt),
// that load modules which are the tree's (python3, iconv), that ask the system who is who (id,
// whoami), and whatever is never native.
func programs() []program {
	return slices.Concat(
		[]program{
			{name: "gcc", set: compilers, place: bin + "%T-gcc-%V", pkg: "gcc-%T", emulated: driver, offloading: emulator.WithLibrary | emulator.Offloads},
			{name: "g++", set: compilers, place: bin + "%T-g++-%V", pkg: "g++-%T", emulated: driver, offloading: emulator.Links | emulator.Offloads},
			{name: "cpp", set: compilers, place: bin + "%T-cpp-%V", pkg: "gcc-%T"},
			{name: "gcc-ar", set: compilers, place: bin + "%T-gcc-ar-%V", pkg: "gcc-%T", emulated: emulator.FromFile},
			{name: "gcc-nm", set: compilers, place: bin + "%T-gcc-nm-%V", pkg: "gcc-%T", emulated: emulator.FromFile},
			{name: "gcc-ranlib", set: compilers, place: bin + "%T-gcc-ranlib-%V", pkg: "gcc-%T", emulated: emulator.FromFile},
			{name: "cc1", set: compilers, place: gccDir + "cc1", pkg: "gcc-%T", offloading: emulator.Offloads},
			{name: "cc1plus", set: compilers, place: gccDir + "cc1plus", pkg: "g++-%T", offloading: emulator.Offloads},
			{name: "collect2", set: compilers, place: gccDir + "collect2", pkg: "gcc-%T", emulated: driver},
			{name: "lto-wrapper", set: compilers, place: gccDir + "lto-wrapper", pkg: "gcc-%T"},
			{name: "lto1", set: compilers, place: gccDir + "lto1", pkg: "gcc-%T", offloading: emulator.Offloads},
			{name: "ld", set: compilers, pkg: binutils, emulated: linker},
			{name: "ld.gold", set: compilers, pkg: binutils, emulated: linker},
			{name: "ar", set: compilers, pkg: binutils, emulated: emulator.Plugins | emulator.FromFile},
			{name: "nm", set: compilers, pkg: binutils, emulated: emulator.Plugins | emulator.FromFile},
			{name: "ranlib", set: compilers, pkg: binutils, emulated: emulator.Plugins | emulator.FromFile},
		},
		these(compilers, binutils, "as strip objcopy objdump readelf size strings addr2line c++filt elfedit"),
		[]program{{name: "sh", set: build, pkg: "dash"}, {name: "awk", set: build, pkg: "mawk"}},
		[]program{
			{name: "bash", set: build, machine: []string{"HOSTTYPE=%C", "MACHTYPE=%S"}, emulated: emulator.HostTypeUnset},
			{name: "make", set: build, machine: []string{"MAKE_HOST=%S"}, emulated: emulator.MakeHostUnset},
		},
		these(build, "", "sed grep patch m4 tar gzip bzip2"),
		these(build, "findutils", "find xargs"),
		these(build, "diffutils", "diff cmp diff3 sdiff"),
		these(build, "xz-utils", "xz"),
		these(build, "zstd", "zstd"),
		[]program{{name: "od", set: build, pkg: "coreutils", endianness: true}},
		these(build, "coreutils", `[ b2sum base32 base64 basename cat chgrp chmod chown cksum comm cp csplit cut date dd dir
		dircolors dirname du echo env expand expr factor false fmt fold head install join link ln ls md5sum mkdir mkfifo
		mktemp mv nice nl nohup nproc paste pr printenv pwd readlink realpath rm rmdir sha1sum sha224sum sha256sum
		sha384sum sha512sum shuf sleep split stat stty sum sync tac tail tee test timeout touch tr true truncate tsort
		tty unexpand uniq unlink vdir wc yes`),
		[]program{{name: perl, set: alone, endianness: true, words: true}},
		these(packages, "dpkg", "dpkg-deb dpkg-split update-alternatives"),
		goPrograms("asm cgo compile link vet"),
		[]program{{name: "clang", set: clang, emulated: emulator.TargetUnset | emulator.BesideItself | emulator.FromFile}, {name: "lld", set: clang}},
	)
}

func goPrograms(names string) (all []program) {
	for _, name := range strings.Fields(names) {
		all = append(all, program{name: "go-" + name, set: golang, place: name, pkg: "golang-%V-go", emulated: emulator.GoArchUnset})
	}
	return all
}

func these(set, pkg, names string) (all []program) {
	for _, name := range strings.Fields(names) {
		all = append(all, program{name: name, set: set, pkg: pkg})
	}
	return all
}

// never says what a program does that would not be right natively; "" for all that may be.
func never(name string) string {
	switch name {
	case "uname", "arch":
		return "tells the machine"
	case "getconf":
		return "tells what the machine can do"
	case "dpkg", "apt", "apt-get", "rpm":
		return "knows its architecture"
	case "python3", "iconv", "gpgv":
		return "has modules that are the tree's"
	case "ldconfig", "ldd":
		return "looks for libraries of its own machine"
	case "locale":
		return "has data that are the tree's"
	case "localedef":
		return "makes data of its own machine"
	case "su", "passwd", "login", "sudo":
		return "changes the user"
	case "chroot", "unshare":
		return "enters another root"
	case "mount", "umount":
		return "changes the tree"
	}
	return ""
}
