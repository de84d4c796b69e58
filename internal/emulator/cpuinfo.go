package emulator

import "slices"

// HasCPUInfo tells whether programs see a /proc/cpuinfo of the machine that is emulated. QEMU makes
// one for some (do_guest_openat in linux-user/syscall.c): for more since 8.2, for others never.
func (e *Emulator) HasCPUInfo() bool {
	is := func(names ...string) bool { return slices.Contains(names, e.Arch.Name) }
	switch {
	case e.Kind != QEMU:
		return true // nothing is known of it
	case is("sparc", "sparc32plus", "sparc64", "hppa", "m68k"):
		return true
	case is("s390x", "riscv32", "riscv64", "arm", "armeb", "aarch64", "aarch64_be", "alpha"):
		return e.Version.Major > 8 || e.Version.Major == 8 && e.Version.Minor >= 2
	}
	return false
}
