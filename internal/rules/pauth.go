package rules

import (
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/inside"
)

// cpuVariable names the CPU that QEMU emulates.
const cpuVariable = "QEMU_CPU"

// quickAuthentication has QEMU sign pointers in a way of its own, which programs cannot tell from the
// architected one and which is several times faster (the property pauth-impdef, QEMU 6.0). It is for
// programs that are built to sign them, and those that do not tell.
func (c *chooser) quickAuthentication(e *emulator.Emulator) (setting string) {
	const quick = cpuVariable + "=max,pauth-impdef=on"
	named := func(v emulator.Variable) bool { return strings.HasPrefix(v.Text, cpuVariable+"=") }
	switch {
	case e.Arch.Name != "aarch64", e.Kind != emulator.QEMU, e.Version.Major < 6, slices.ContainsFunc(c.Foreign.Env, named),
		cannotInsert(e.Path) != nil, !c.authenticates(e):
		return ""
	}
	c.notes.Detail("%s, which is faster: programs sign pointers, or do not tell; --cpu=max has QEMU do it by the book", quick)
	return quick
}

// authenticates tells whether the programs of the tree, or else the one to be run, sign pointers. A
// system is built in one way, so one of them stands for all.
func (c *chooser) authenticates(e *emulator.Emulator) bool {
	files := c.files
	if c.Root != "" {
		files = slices.Concat(inside.Shells[:], files)
	}
	for _, file := range files {
		if name, image := Behind(c.in, file); image != nil && image.ELF != nil && image.ELF.Arch() == e.Arch {
			return c.signs(name)
		}
	}
	return true
}

// signs reads the property of a program (GNU_PROPERTY_AARCH64_FEATURE_1_AND of the ELF for the Arm 64-bit
// Architecture, "Program Property"). One without any is older than it.
func (c *chooser) signs(file string) bool {
	const and, pac = 0xc0000000, 2
	r, err := c.in.Read(file)
	if err != nil {
		return true
	}
	defer r.Close()
	b, _, order, err := binfmt.Note(r, binfmt.GNU, binfmt.NoteProperty)
	for err == nil && len(b) >= 12 {
		if order.Uint32(b) == and {
			return order.Uint32(b[8:])&pac != 0
		}
		size := (uint64(order.Uint32(b[4:])) + 7) &^ 7
		b = b[min(uint64(len(b)), 8+size):]
	}
	return false
}
