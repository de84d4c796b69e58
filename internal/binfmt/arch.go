package binfmt

import (
	"runtime"
	"strings"
)

// mipsABI2 is EF_MIPS_ABI2, arch/mips/include/asm/elf.h: set in n32 programs, clear in o32 ones, which differ in
// nothing else.
const mipsABI2 = 0x20

// Arch is an architecture as emulators see it, with what tells its ELF files from others.
type Arch struct {
	Name    string // of the QEMU target: "ppc64le"; emulators are called qemu-ppc64le
	Debian  string // what Debian calls it, separated by commas; "" if there is no port
	Go      string // GOARCH; "" if there is no port
	Aliases string // other names in use, separated by commas
	Compat  string // the Name of an architecture whose kernels run these programs too; "" if there is none

	Class, Data byte   // as in Header
	Machine     uint16 // e_machine
	Old         uint16 // a second e_machine in use for the same thing; 0: none

	Flags, FlagsMask uint32 // e_flags under FlagsMask are Flags; no FlagsMask: any
	AnyABI           bool   // EI_OSABI varies in the wild
}

// arches has every target of qemu-user. What no emulator takes is absent, however close its header looks: x32,
// arm64 ILP32, 31-bit s390, 64-bit parisc.
//
// Compat says what distribution kernels do. arm on aarch64 needs a CPU that still has AArch32. riscv32 on riscv64
// (Linux 5.19) needs UXL=32, which hardly any CPU has, so it is left out.
//
// EM_MICROBLAZE is 189, and was 0xbaab before it was assigned; EM_486 (6) is EM_386 for every kernel.
var arches = [...]Arch{
	{Name: "aarch64", Debian: "arm64", Go: "arm64", Aliases: "arm64,aarch64,armv8,arm64v8", Class: class64, Data: dataLE, Machine: 183},
	{Name: "aarch64_be", Aliases: "arm64be", Class: class64, Data: dataBE, Machine: 183},
	{Name: "alpha", Debian: "alpha", Aliases: "axp", Class: class64, Data: dataLE, Machine: 36902},
	{Name: "arm", Debian: "armel,armhf", Go: "arm", Aliases: "arm,armel,armhf,armv5,armv6,armv7,armv7l,armv6l,armv8l,arm32v5,arm32v6,arm32v7", Compat: "aarch64", Class: class32, Data: dataLE, Machine: 40, AnyABI: true},
	{Name: "armeb", Aliases: "armbe,armv7b", Class: class32, Data: dataBE, Machine: 40, AnyABI: true},
	{Name: "hexagon", Class: class32, Data: dataLE, Machine: 164},
	{Name: "hppa", Debian: "hppa", Aliases: "parisc,hppa1.1", Class: class32, Data: dataBE, Machine: 15},
	{Name: "i386", Debian: "i386", Go: "386", Aliases: "x86,i386,i486,i586,i686,ia32,386", Compat: "x86_64", Class: class32, Data: dataLE, Machine: 3, Old: 6},
	{Name: "loongarch64", Debian: "loong64", Go: "loong64", Aliases: "loong64,loongarch", Class: class64, Data: dataLE, Machine: 258},
	{Name: "m68k", Debian: "m68k", Class: class32, Data: dataBE, Machine: 4},
	{Name: "microblaze", Class: class32, Data: dataBE, Machine: 189, Old: 0xbaab},
	{Name: "microblazeel", Class: class32, Data: dataLE, Machine: 189, Old: 0xbaab},
	{Name: "mips", Debian: "mips", Go: "mips", Aliases: "mips32,mipseb", Compat: "mips64", Class: class32, Data: dataBE, Machine: 8, FlagsMask: mipsABI2},
	{Name: "mipsel", Debian: "mipsel", Go: "mipsle", Aliases: "mipsle,mips32el", Compat: "mips64el", Class: class32, Data: dataLE, Machine: 8, FlagsMask: mipsABI2},
	{Name: "mipsn32", Debian: "mipsn32", Aliases: "mips64p32", Compat: "mips64", Class: class32, Data: dataBE, Machine: 8, FlagsMask: mipsABI2, Flags: mipsABI2},
	{Name: "mipsn32el", Debian: "mipsn32el", Aliases: "mips64p32le", Compat: "mips64el", Class: class32, Data: dataLE, Machine: 8, FlagsMask: mipsABI2, Flags: mipsABI2},
	{Name: "mips64", Debian: "mips64", Go: "mips64", Class: class64, Data: dataBE, Machine: 8},
	{Name: "mips64el", Debian: "mips64el", Go: "mips64le", Aliases: "mips64le", Class: class64, Data: dataLE, Machine: 8},
	{Name: "or1k", Debian: "or1k", Aliases: "openrisc", Class: class32, Data: dataBE, Machine: 92},
	{Name: "ppc", Debian: "powerpc,powerpcspe", Aliases: "powerpc,ppc32", Compat: "ppc64", Class: class32, Data: dataBE, Machine: 20},
	{Name: "ppc64", Debian: "ppc64", Go: "ppc64", Aliases: "powerpc64", Class: class64, Data: dataBE, Machine: 21},
	{Name: "ppc64le", Debian: "ppc64el", Go: "ppc64le", Aliases: "ppc64el,powerpc64le", Class: class64, Data: dataLE, Machine: 21},
	{Name: "riscv32", Aliases: "rv32", Class: class32, Data: dataLE, Machine: 243},
	{Name: "riscv64", Debian: "riscv64", Go: "riscv64", Aliases: "rv64,rv64gc", Class: class64, Data: dataLE, Machine: 243},
	{Name: "s390x", Debian: "s390x", Go: "s390x", Class: class64, Data: dataBE, Machine: 22},
	{Name: "sh4", Debian: "sh4", Aliases: "sh4a", Class: class32, Data: dataLE, Machine: 42},
	{Name: "sh4eb", Debian: "sh4eb", Class: class32, Data: dataBE, Machine: 42},
	{Name: "sparc", Debian: "sparc", Aliases: "sparc32,sun4m", Compat: "sparc64", Class: class32, Data: dataBE, Machine: 2},
	{Name: "sparc32plus", Debian: "sparc", Aliases: "sparcv8plus", Compat: "sparc64", Class: class32, Data: dataBE, Machine: 18},
	{Name: "sparc64", Debian: "sparc64", Aliases: "sparcv9", Class: class64, Data: dataBE, Machine: 43},
	{Name: "x86_64", Debian: "amd64", Go: "amd64", Aliases: "amd64,x86-64,x64", Class: class64, Data: dataLE, Machine: 62},
	{Name: "xtensa", Class: class32, Data: dataLE, Machine: 94},
	{Name: "xtensaeb", Class: class32, Data: dataBE, Machine: 94},
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

// Host returns the architecture that this program was built for. The kernel may be that of the wider one:
// built for 386, it does not know that it runs on x86_64.
func Host() *Arch {
	for i := range arches {
		if arches[i].Go == runtime.GOARCH {
			return &arches[i]
		}
	}
	return nil
}

// FindArch returns the architecture of that name: a QEMU target first of all, then what Debian, Go or others call
// it. It returns nil if there is none.
func FindArch(name string) *Arch {
	if name == "" || strings.IndexByte(name, ',') >= 0 {
		return nil
	}
	for i := range arches {
		if arches[i].Name == name {
			return &arches[i]
		}
	}
	for i := range arches {
		a := &arches[i]
		if strings.Contains(","+a.Debian+","+a.Go+","+a.Aliases+",", ","+name+",") {
			return a
		}
	}
	return nil
}

// RunsOn reports whether a kernel for host runs programs of a without an emulator, as its own or in its
// compatibility mode. A kernel may be built without that mode, and a CPU may lack it: only running a program
// tells. A nil host runs nothing.
func (a *Arch) RunsOn(host *Arch) bool {
	return host != nil && (a.Name == host.Name || a.Compat != "" && a.Compat == host.Name)
}

// Rules returns all the rules that are needed for programs of a: that of Rule, and one for the old e_machine.
func (a *Arch) Rules(interpreter, flags string) []*Rule {
	rules := []*Rule{a.Rule(interpreter, flags)}
	if a.Old != 0 {
		rules = append(rules, a.rule("qemu-"+a.Name+"-old", a.Old, interpreter, flags))
	}
	return rules
}

// Rule returns a rule called "qemu-" and a.Name that matches programs and shared objects of a and of no other
// architecture.
//
// It is laxer than the rules that QEMU and distributions ship where programs in use need it: bytes 8 to 10 may be
// anything, since AppImages write "AI\2" there (AppImageKit issue 965) and MIPS ABI versions occur. It is stricter
// where those match too much: both bytes of e_machine count.
func (a *Arch) Rule(interpreter, flags string) *Rule {
	return a.rule("qemu-"+a.Name, a.Machine, interpreter, flags)
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
