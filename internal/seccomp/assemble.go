package seccomp

import (
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// An assembler writes a filter from its end to its beginning: jumps lead forwards only (bpf(4)), so
// that what one leads to is there already.
type assembler struct {
	reversed []bpf.Instruction
	allow    label
	fake     label
	notify   label // or fake
	watch    label // or allow
	relays   []relay
}

// A relay is a jump on to a label that conditional jumps do not reach.
type relay struct{ to, at label }

// A label is the place of an instruction, counted from the end.
type label int

func newAssembler() *assembler {
	a := &assembler{}
	a.fake = a.emit(bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO}) // with errno 0
	a.notify = a.emit(bpf.RetConstant{Val: unix.SECCOMP_RET_USER_NOTIF})
	a.watch = a.emit(bpf.RetConstant{Val: unix.SECCOMP_RET_USER_NOTIF | Watched})
	a.allow = a.emit(bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW})
	return a
}

// code is what has been written, in order.
func (a *assembler) code() []bpf.Instruction {
	code := slices.Clone(a.reversed)
	slices.Reverse(code)
	return code
}

// emit puts an instruction in front of all others.
func (a *assembler) emit(i bpf.Instruction) label {
	a.reversed = append(a.reversed, i)
	return label(len(a.reversed) - 1)
}

// skip is how many instructions lie between the next one that is emitted and a label.
func (a *assembler) skip(to label) int { return len(a.reversed) - 1 - int(to) }

// branch emits a test of the loaded value that leads to one of two labels.
func (a *assembler) branch(test bpf.JumpTest, value uint32, yes, no label) label {
	yes, no = a.within(yes), a.within(no)
	return a.emit(bpf.JumpIf{Cond: test, Val: value, SkipTrue: uint8(a.skip(yes)), SkipFalse: uint8(a.skip(no))})
}

// within returns a label that leads to another and can be reached by a conditional jump, which
// skips 255 instructions.
func (a *assembler) within(to label) label {
	const far = 255 - 1 // the next relay may come in between
	if a.skip(to) <= far {
		return to
	}
	for i := range a.relays {
		r := &a.relays[i]
		if r.to == to {
			if a.skip(r.at) > far {
				r.at = a.emit(bpf.Jump{Skip: uint32(a.skip(to))})
			}
			return r.at
		}
	}
	at := a.emit(bpf.Jump{Skip: uint32(a.skip(to))})
	a.relays = append(a.relays, relay{to, at})
	return at
}

// Offsets in struct seccomp_data (seccomp(2)).
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
)

func (a *assembler) load(offset uint32) label { return a.emit(bpf.LoadAbsolute{Off: offset, Size: 4}) }

// loadArg loads the lower half of an argument: ids and modes have 32 bits, and the kernel ignores
// the rest.
func (a *assembler) loadArg(i uint32, abi abi) label {
	offset := offsetArgs + 8*i
	if abi.big {
		offset += 4
	}
	return a.load(offset)
}

func (a *assembler) mask(bits uint32) label {
	return a.emit(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: bits})
}
