package emulator

import "strings"

// Kind is which program an emulator is.
type Kind uint8

// What is told apart, because it takes different flags.
const (
	Unknown Kind = iota
	QEMU         // qemu-user
	FEX
	Box64 // and box32
	Blink
)

// String returns the emulator's name, as --list-arches has it.
func (k Kind) String() string {
	switch k {
	case QEMU:
		return "QEMU"
	case FEX:
		return "FEX"
	case Box64:
		return "box64"
	case Blink:
		return "blink"
	}
	return "unknown"
}

// Flags returns the flags of a rule for e, see the function of that name.
func (e *Emulator) Flags(setuid bool) string {
	flags := Flags(e.Kind, e.Version, setuid)
	// The name is a promise: with it NixOS marks a wrapper that wants argv[0], whatever it starts
	// then.
	if strings.HasSuffix(e.Path, "-binfmt-P") && flags[0] != 'P' {
		return "P" + flags
	}
	return flags
}

// Flags returns the flags of a rule, in the order in which the kernel shows them. With setuid,
// programs that are set-user-ID or set-group-ID take effect.
//
// F is for all: the emulator is opened while the rule is written, and no root needs to have it.
//
// P passes the argv[0] of the program on, as one more argument. An emulator that does not know
// takes it for an argument of the program. QEMU asks AT_FLAGS for it since 6.0 (its commit
// 6e1c0d7b951e; Linux 5.12, 2347961b11d4), FEX too.
//
// O passes the program as a descriptor, AT_EXECFD of getauxval(3), so that a program may be run
// that may not be read. QEMU and FEX close it. To those that do not know of it the descriptor is
// one more open file, which is not closed by execve(2): their programs, and those that these start,
// would inherit one more each time. C takes the credentials from the program, and the kernel turns
// O on with it. So they get O only with C, where it is asked for.
func Flags(kind Kind, version Version, setuid bool) string {
	flags := "F"
	switch {
	case setuid:
		flags = "OCF"
	case kind == QEMU || kind == FEX:
		flags = "OF"
	}
	if kind == QEMU && version.Major >= 6 || kind == FEX {
		flags = "P" + flags
	}
	return flags
}
