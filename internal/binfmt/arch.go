package binfmt

import (
	"fmt"
	"runtime"
)

// mipsABI2 is EF_MIPS_ABI2, arch/mips/include/asm/elf.h: set in n32 programs, clear in o32 ones,
// which differ in nothing else.
const mipsABI2 = 0x20

// Arch is an architecture as emulators see it, with what tells its ELF files from others.
type Arch struct {
	Name    string // of the QEMU target: "ppc64le"; emulators are called qemu-ppc64le
	Debian  string // what dpkg calls it, separated by commas; "" if it has no name for it
	Go      string // GOARCH; "" if there is no port
	Aliases string // other single words in use, separated by commas: uname -m, rpm, Alpine, Docker Hub
	Compat  string // the Name of an architecture whose kernels run these programs too; "" if there is none

	Class, Data byte   // as in Header
	Machine     uint16 // e_machine
	Old         uint16 // a second e_machine in use for the same thing; 0: none

	Flags, FlagsMask uint32 // e_flags under FlagsMask are Flags; no FlagsMask: any
	AnyABI           bool   // EI_OSABI varies in the wild
}

// Arch returns the architecture that h is for, nil if it is none that an emulator is known for.
func (h *Header) Arch() *Arch {
	for i := range arches {
		a := &arches[i]
		if h.Class == a.Class && h.Data == a.Data && (h.Machine == a.Machine || a.Old != 0 && h.Machine == a.Old) &&
			h.Flags&a.FlagsMask == a.Flags {
			return a
		}
	}
	return nil
}

// Unknown names what h is for where Arch is nil.
func (h *Header) Unknown() string {
	if h.Class == class32 && h.Machine == machineX86_64 {
		return "x32, which needs a kernel with CONFIG_X86_X32_ABI and has no emulator"
	}
	return fmt.Sprintf("a machine that xunshare does not know (ELF machine %d)", h.Machine)
}

// machineX86_64 is EM_X86_64.
const machineX86_64 = 62

// Host returns the architecture that this program was built for. The kernel may be that of the
// wider one: built for 386, it does not know that it runs on x86_64.
func Host() *Arch {
	for i := range arches {
		if arches[i].Go == runtime.GOARCH {
			return &arches[i]
		}
	}
	return nil
}

// RunsOn reports whether a kernel for host runs programs of a without an emulator, as its own or in
// its compatibility mode. A kernel may be built without that mode, and a CPU may lack it: see
// RunsHere. A nil host runs nothing.
func (a *Arch) RunsOn(host *Arch) bool {
	return host != nil && (a.Name == host.Name || a.Compat != "" && a.Compat == host.Name)
}

// Rules returns all the rules that are needed for programs of a: that of Rule, and one for the old
// e_machine.
func (a *Arch) Rules(interpreter, flags string) []*Rule {
	rules := []*Rule{a.Rule(interpreter, flags)}
	if a.Old != 0 {
		rules = append(rules, a.rule("qemu-"+a.Name+"-old", a.Old, interpreter, flags))
	}
	return rules
}

// Rule returns a rule called "qemu-" and a.Name that matches programs and shared objects of a and
// of no other architecture.
//
// It is laxer than the rules that QEMU and distributions ship where programs in use need it: bytes
// 8 to 10 may be anything, since AppImages write "AI\2" there (AppImageKit issue 965) and MIPS ABI
// versions occur. It is stricter where those match too much: both bytes of e_machine count.
func (a *Arch) Rule(interpreter, flags string) *Rule {
	return a.rule("qemu-"+a.Name, a.Machine, interpreter, flags)
}

// armHardFloat is EF_ARM_ABI_FLOAT_HARD (ELF for the Arm Architecture, "ELF header"): set in
// programs of Debian's armhf, clear in those of armel.
const armHardFloat = 0x400

// HardFloatRule returns a rule for those programs of arm alone that pass numbers in floating-point
// registers. They need other libraries than the rest.
func HardFloatRule(interpreter, flags string) *Rule {
	hard := *FindArch("arm")
	hard.Flags, hard.FlagsMask = armHardFloat, armHardFloat
	return hard.rule("qemu-armhf", hard.Machine, interpreter, flags)
}

func (a *Arch) rule(name string, machine uint16, interpreter, flags string) *Rule {
	order := a.order()
	size := 20
	if a.FlagsMask != 0 {
		size = 40 // as far as e_flags of a 32-bit header reaches
	}
	magic, mask := make([]byte, size), make([]byte, size)

	copy(magic, elfMagic+string([]byte{a.Class, a.Data, 1})) // EI_VERSION is 1
	copy(mask, "\xff\xff\xff\xff\xff\xff\xff\xfc\x00\x00\x00\xff\xff\xff\xff\xff")
	if a.AnyABI {
		mask[7] = 0
	}
	order.PutUint16(magic[16:], typeExec)
	order.PutUint16(mask[16:], 0xfffe) // ET_EXEC and ET_DYN
	order.PutUint16(magic[18:], machine)
	order.PutUint16(mask[18:], 0xffff)
	if a.FlagsMask != 0 {
		order.PutUint32(magic[layout32.flags:], a.Flags)
		order.PutUint32(mask[layout32.flags:], a.FlagsMask)
	}
	return &Rule{Name: name, Type: 'M', Magic: magic, Mask: mask, Interpreter: interpreter, Flags: flags}
}
