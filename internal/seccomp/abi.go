package seccomp

import "golang.org/x/sys/unix"

// An abi is one way into the kernel: a value of seccomp_data.arch, and a column of the table.
type abi struct {
	arch   uint32 // AUDIT_ARCH_* of linux/audit.h
	column column
	big    bool   // of the halves of a 64-bit argument the upper one comes first
	unused uint32 // bits of the number that make no difference here
}

// column is a place in numbers.
type column uint8

const (
	amd64 column = iota
	i386
	arm
	generic // arm64, loong64, riscv64
	ppc64
	s390x
	columns
)

// x32 is __X32_SYSCALL_BIT. With it the numbers mean the same, but for some above 511 that are not
// in the table (arch/x86/entry/syscalls/syscall_64.tbl), and the arch is that of x86-64.
const x32 = 0x40000000

// abisOf are those of the kernels that a build runs on: a program of 32 bits may start one of 64.
func abisOf(goarch string) []abi {
	switch goarch {
	case "amd64", "386":
		return []abi{{arch: unix.AUDIT_ARCH_X86_64, column: amd64, unused: x32}, {arch: unix.AUDIT_ARCH_I386, column: i386}}
	case "arm64", "arm":
		return []abi{{arch: unix.AUDIT_ARCH_AARCH64, column: generic}, {arch: unix.AUDIT_ARCH_ARM, column: arm}}
	case "riscv64":
		return []abi{{arch: unix.AUDIT_ARCH_RISCV64, column: generic}}
	case "loong64":
		return []abi{{arch: unix.AUDIT_ARCH_LOONGARCH64, column: generic}}
	case "ppc64le":
		return []abi{{arch: unix.AUDIT_ARCH_PPC64LE, column: ppc64}}
	case "s390x":
		return []abi{{arch: unix.AUDIT_ARCH_S390X, column: s390x, big: true}}
	}
	return nil
}
