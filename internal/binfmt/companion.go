package binfmt

import (
	"errors"
	"sync"
	"syscall"
)

// exits is code that does exit(0), for the 32-bit companions of architectures. Its words are in the
// order of the machine.
var exits = [...]struct {
	arch string
	code string
}{
	{"i386", "\xb8\x01\x00\x00\x00\x31\xdb\xcd\x80"},               // mov eax, 1; xor ebx, ebx; int 0x80
	{"arm", "\x01\x70\xa0\xe3\x00\x00\xa0\xe3\x00\x00\x00\xef"},    // mov r7, #1; mov r0, #0; svc 0
	{"ppc", "\x38\x00\x00\x01\x38\x60\x00\x00\x44\x00\x00\x02"},    // li r0, 1; li r3, 0; sc
	{"mips", "\x24\x02\x0f\xa1\x24\x04\x00\x00\x00\x00\x00\x0c"},   // li v0, 4001; li a0, 0; syscall
	{"mipsel", "\xa1\x0f\x02\x24\x00\x00\x04\x24\x0c\x00\x00\x00"}, // the same
}

// armEABI5 is EF_ARM_EABI_VER5: the kernel executes no program without an EABI
// (arch/arm64/include/asm/elf.h).
const armEABI5 = 0x05000000

// exitProgram is a static program for a that does nothing but end well; nil if there is none.
func (a *Arch) exitProgram() []byte {
	for _, e := range exits {
		if e.arch != a.Name {
			continue
		}
		const base, at = 0x10000, 52 + 32 // the program header, and the code behind it
		l, order := &layout32, a.order()
		h := append(a.Sample(), make([]byte, l.entry)...)
		if a.Machine == machineARM {
			order.PutUint32(h[l.flags:], armEABI5)
		}
		order.PutUint32(h[24:], base+at) // e_entry
		order.PutUint32(h[l.phoff:], uint32(l.size))
		order.PutUint16(h[l.phnum:], 1)
		order.PutUint16(h[40:], uint16(l.size)) // e_ehsize
		size := uint32(at + len(e.code))
		for i, word := range [...]uint32{1 /* PT_LOAD */, 0, base, base, size, size, 5 /* PF_R|PF_X */, 0x10000} {
			order.PutUint32(h[l.size+4*i:], word)
		}
		return append(h, e.code...)
	}
	return nil
}

const machineARM = 40

var companions sync.Map // *Arch -> func() bool

// RunsHere reports whether this kernel runs programs of a without an emulator. For a companion of
// the host's own architecture, which RunsOn only supposes, it asks the kernel, once: it may be
// built without that mode or started so (ia32_emulation=0), and many arm64 processors have no
// 32-bit mode. Where that cannot be told, RunsOn stands.
func (a *Arch) RunsHere() bool {
	host := Host()
	if !a.RunsOn(host) || a.Name == host.Name {
		return a.RunsOn(host)
	}
	runs, _ := companions.LoadOrStore(a, sync.OnceValue(a.executes))
	return runs.(func() bool)()
}

// executes tries a program for a. Only ENOEXEC says no.
func (a *Arch) executes() bool {
	program := a.exitProgram()
	return program == nil || !errors.Is(try(program), syscall.ENOEXEC)
}
