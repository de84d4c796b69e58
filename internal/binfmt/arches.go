package binfmt

// arches has every target of qemu-user but cris and nios2, which QEMU 9 dropped and nobody has
// programs for. What no emulator takes is absent, however close its header looks: x32, arm64 ILP32,
// 31-bit s390, 64-bit parisc.
//
// Compat says what distribution kernels do. arm on aarch64 needs a CPU that still has AArch32.
// riscv32 on riscv64 (Linux 5.19) needs UXL=32, which hardly any CPU has, so it is left out.
//
// EM_MICROBLAZE is 189, and was 0xbaab before it was assigned; EM_486 (6) is EM_386 for every
// kernel.
//
// Each name is here once. Where conventions contradict each other the name of the QEMU target wins,
// whatever else it means: "sparc" (to dpkg a port whose programs are mostly for sparc32plus), "arm"
// (to dpkg the old ABI), "mips", "mips64", "sparc64", "ppc64" (to uname -m also the kernel under
// 32-bit or little-endian programs). Beyond those: "sparcv9" is what the GNU tools, LLVM and
// Solaris call 64-bit programs, and is taken so, although rpm calls sparc32plus that; "parisc64" is
// what uname -m says to the 32-bit programs of hppa, and no 64-bit ones exist. What names two
// things with equal right (riscv, sh, loongarch32) or none that can be emulated (x32, s390) is
// absent.
var arches = [...]Arch{
	{Name: "aarch64", Debian: "arm64", Go: "arm64", Aliases: "armv8,arm64v8", Class: class64, Data: dataLE, Machine: 183},
	{Name: "aarch64_be", Aliases: "arm64be", Class: class64, Data: dataBE, Machine: 183},
	{Name: "alpha", Debian: "alpha", Aliases: "axp,alphaev5,alphaev56,alphaev6,alphaev67", Class: class64, Data: dataLE, Machine: 36902},
	{Name: "arm", Debian: "armel,armhf", Go: "arm", Aliases: "armv5,armv6,armv7,arm32v5,arm32v6,arm32v7," +
		"armv4tl,armv5tel,armv5tejl,armv6l,armv7l,armv8l,armv6hl,armv7hl,armv7hnl,armv5te,armv6j,armv7a",
		Compat: "aarch64", Class: class32, Data: dataLE, Machine: 40, AnyABI: true},
	{Name: "armeb", Debian: "armeb", Aliases: "armbe,armv5teb,armv6b,armv7b", Class: class32, Data: dataBE, Machine: 40, AnyABI: true},
	{Name: "hexagon", Class: class32, Data: dataLE, Machine: 164},
	{Name: "hppa", Debian: "hppa", Aliases: "parisc,parisc64,hppa1.1,hppa2.0", Class: class32, Data: dataBE, Machine: 15},
	{Name: "i386", Debian: "i386", Go: "386", Aliases: "x86,i486,i586,i686,ia32", Compat: "x86_64", Class: class32, Data: dataLE, Machine: 3, Old: 6},
	{Name: "loongarch64", Debian: "loong64", Go: "loong64", Aliases: "loongarch", Class: class64, Data: dataLE, Machine: 258},
	{Name: "m68k", Debian: "m68k", Class: class32, Data: dataBE, Machine: 4},
	{Name: "microblaze", Class: class32, Data: dataBE, Machine: 189, Old: 0xbaab},
	{Name: "microblazeel", Class: class32, Data: dataLE, Machine: 189, Old: 0xbaab},
	{Name: "mips", Debian: "mips,mipsr6", Go: "mips", Aliases: "mips32,mipseb,mipsisa32r6", Compat: "mips64", Class: class32, Data: dataBE, Machine: 8, FlagsMask: mipsABI2},
	{Name: "mipsel", Debian: "mipsel,mipsr6el", Go: "mipsle", Aliases: "mips32el,mipsisa32r6el", Compat: "mips64el", Class: class32, Data: dataLE, Machine: 8, FlagsMask: mipsABI2},
	{Name: "mipsn32", Debian: "mipsn32,mipsn32r6", Aliases: "mips64p32", Compat: "mips64", Class: class32, Data: dataBE, Machine: 8, FlagsMask: mipsABI2, Flags: mipsABI2},
	{Name: "mipsn32el", Debian: "mipsn32el,mipsn32r6el", Aliases: "mips64p32le", Compat: "mips64el", Class: class32, Data: dataLE, Machine: 8, FlagsMask: mipsABI2, Flags: mipsABI2},
	{Name: "mips64", Debian: "mips64,mips64r6", Go: "mips64", Aliases: "mipsisa64r6", Class: class64, Data: dataBE, Machine: 8},
	{Name: "mips64el", Debian: "mips64el,mips64r6el", Go: "mips64le", Aliases: "mipsisa64r6el", Class: class64, Data: dataLE, Machine: 8},
	{Name: "or1k", Debian: "or1k", Aliases: "openrisc", Class: class32, Data: dataBE, Machine: 92},
	{Name: "ppc", Debian: "powerpc,powerpcspe", Aliases: "ppc32", Compat: "ppc64", Class: class32, Data: dataBE, Machine: 20},
	{Name: "ppc64", Debian: "ppc64", Go: "ppc64", Aliases: "powerpc64", Class: class64, Data: dataBE, Machine: 21},
	{Name: "ppc64le", Debian: "ppc64el", Go: "ppc64le", Aliases: "powerpc64le", Class: class64, Data: dataLE, Machine: 21},
	{Name: "riscv32", Aliases: "rv32", Class: class32, Data: dataLE, Machine: 243},
	{Name: "riscv64", Debian: "riscv64", Go: "riscv64", Aliases: "rv64,rv64gc,riscv64gc", Class: class64, Data: dataLE, Machine: 243},
	{Name: "s390x", Debian: "s390x", Go: "s390x", Class: class64, Data: dataBE, Machine: 22},
	{Name: "sh4", Debian: "sh4", Aliases: "sh4a", Class: class32, Data: dataLE, Machine: 42},
	{Name: "sh4eb", Debian: "sh4eb", Class: class32, Data: dataBE, Machine: 42},
	{Name: "sparc", Debian: "sparc", Aliases: "sparc32,sparcv8,sun4m", Compat: "sparc64", Class: class32, Data: dataBE, Machine: 2},
	{Name: "sparc32plus", Aliases: "sparcv8plus", Compat: "sparc64", Class: class32, Data: dataBE, Machine: 18},
	{Name: "sparc64", Debian: "sparc64", Aliases: "sparcv9,sparc64v", Class: class64, Data: dataBE, Machine: 43},
	{Name: "x86_64", Debian: "amd64", Go: "amd64", Aliases: "x86-64,x64,x86_64_v2,x86_64_v3,x86_64_v4", Class: class64, Data: dataLE, Machine: 62},
	{Name: "xtensa", Class: class32, Data: dataLE, Machine: 94},
	{Name: "xtensaeb", Class: class32, Data: dataBE, Machine: 94},
}

// Arches returns all architectures, in the order of the table. They are not to be changed.
func Arches() []*Arch {
	all := make([]*Arch, len(arches))
	for i := range arches {
		all[i] = &arches[i]
	}
	return all
}
