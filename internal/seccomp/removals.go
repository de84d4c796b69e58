package seccomp

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// removals are the calls that remove or replace a name, which is refused for a mount point (EBUSY).
// They are left to a listener only where Options.Removals asks for that: many programs make many of
// them.
var removals = [...]call{
	//                                                    amd64 i386 arm generic ppc64 s390x
	{name: "unlink", does: removes, numbers: numbers{87, 10, 10, 0, 10, 10}},
	{name: "unlinkat", does: removes, numbers: numbers{263, 301, 328, 35, 292, 294}},
	{name: "rename", does: removes, numbers: numbers{82, 38, 38, 0, 38, 38}},
	{name: "renameat", does: removes, numbers: numbers{264, 302, 329, 38, 293, 295}}, // of the generic ones arm64 alone has it
	{name: "renameat2", does: removes, numbers: numbers{316, 353, 382, 276, 357, 347}},
}

// A Name is what a call removes or replaces, by the numbers of its arguments.
type Name struct {
	Dir  int // the descriptor of a directory; negative if the call has none
	Path int
}

// Removal tells which names a call removes or replaces; none if it is not one of those.
func Removal(arch uint32, number int32) []Name {
	for _, abi := range abisOf(runtime.GOARCH) {
		for i := range removals {
			if c := &removals[i]; abi.arch == arch && c.numbers[abi.column] == uint32(number)&^abi.unused {
				return c.removed()
			}
		}
	}
	return nil
}

func (c *call) removed() []Name {
	switch c.name {
	case "unlink":
		return []Name{{-1, 0}}
	case "unlinkat":
		return []Name{{0, 1}}
	case "rename":
		return []Name{{-1, 0}, {-1, 1}}
	}
	return []Name{{0, 1}, {2, 3}}
}

// DirOf is the descriptor that a relative path of a call with these arguments starts at.
func (n Name) DirOf(args *[6]uint64) int {
	if n.Dir < 0 {
		return unix.AT_FDCWD
	}
	return int(int32(args[n.Dir]))
}
