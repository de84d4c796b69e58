package emulator

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Native is a program that an emulator would run, and the program of this machine that it executes
// in its place.
//
// An emulator starts with the kernel's descriptor of the program (flag O of the rule, AT_EXECFD).
// The instructions that a copy of it begins with (native_*.s) read the first bytes through that,
// and look for them in a table. If they are there, they execute the other program; if that fails,
// or if they are not there, they go on with the emulator, which finds all as it would have without
// them. So a program is known by what it is and not by where it lies, and one that has been
// replaced is emulated.
type Native struct {
	Head   [24]byte // of the file from its byte 24 on: entry, tables
	Offset uint32   // of its build-id
	ID     [20]byte // the build-id
	Flags  NativeFlags
	Path   string // what is executed, at most maxNativePath bytes
}

// NativeFlags say what makes the emulator run the program all the same. A library to be preloaded
// (LD_PRELOAD, LD_AUDIT) and a set-id program do for all.
type NativeFlags uint32

const (
	// LibraryPathSet is for one that itself looks for libraries in LD_LIBRARY_PATH.
	LibraryPathSet NativeFlags = 1 << iota
	// LocaleSet is for one that cannot read the tree's locales. C and POSIX are no such.
	LocaleSet
	// HostTypeUnset is for one that takes the machine from HOSTTYPE.
	HostTypeUnset
	// MakeHostUnset is for one that takes it from MAKE_HOST.
	MakeHostUnset
	// WithLibrary is for one that does something else where an argument begins with -l...
	WithLibrary
	// Links is for one that does where no argument is -c, -S or -E...
	Links
	// Offloads is for one that does where an argument begins with -fope, as in -fopenmp.
	Offloads
	// Plugins is for one that loads the linker's plugin, liblto_plugin.so, behind an argument -plugin or
	// --plugin: it is given this machine's. With any other plugin, or a second one, it is emulated.
	Plugins
	// FromFile is for one that takes arguments from a file, of which nothing is known (@file): who
	// called it may have been emulated.
	FromFile
	// GoArchUnset is for one of Go's, which takes the machine that it works for from GOARCH.
	GoArchUnset
	// TargetUnset is for Clang, which is told the machine that it works for by CCC_OVERRIDE_OPTIONS, and
	// that before all else.
	TargetUnset
	// BesideItself is for Clang, which looks for a linker (-fuse-ld) and its plugin (-flto) beside itself.
	BesideItself
)

// NativeWindow is how much of a file is read: a build-id beyond is not found.
const NativeWindow = 4096

// The offsets in a record, which the instructions know.
const (
	recordSize    = 128
	recordID      = 8
	recordHead    = 32
	recordPath    = 56
	maxNativePath = recordSize - recordPath - 1
)

// CanLookUp returns an error if there are no such instructions for this machine.
func CanLookUp() error {
	if len(lookup()) == 0 {
		return errors.New("xunshare has no instructions for this machine that look for native programs")
	}
	return nil
}

// addNative adds them. The table ends with a record of which the offset is 0; behind it is the path of
// the linker's plugin that flag Plugins is about.
func (s *segment) addNative(next uint64, known []Native, plugin string) (begin uint64) {
	table := roundUp(uint64(len(lookup())), codeAlign)
	begin = s.addCode(lookup(), table+uint64(len(known)+1)*recordSize, table, next)
	s.text = append(s.text, make([]byte, begin+table-uint64(len(s.text)))...)
	for _, n := range known {
		s.text = append(s.text, n.record()...)
	}
	s.text = append(append(append(s.text, make([]byte, recordSize)...), plugin...), 0)
	return begin
}

func (n *Native) record() []byte {
	if len(n.Path) > maxNativePath {
		panic(fmt.Sprintf("the path is too long: %s", n.Path))
	}
	r := make([]byte, recordSize)
	binary.LittleEndian.PutUint32(r, n.Offset)
	binary.LittleEndian.PutUint32(r[4:], uint32(n.Flags))
	copy(r[recordID:], n.ID[:])
	copy(r[recordHead:], n.Head[:])
	copy(r[recordPath:], n.Path)
	return r
}
