package machine

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An Operand is an argument of a call.
type Operand struct {
	kind  operandKind
	value uintptr
}

type operandKind uint8

const (
	constant   operandKind = iota
	address                // of data[value]
	inArena                // of the byte at that offset of the arena's header
	descriptor             // the value is the number of a slot
)

// Number is what can be an operand by itself.
type Number interface {
	~int | ~uint | ~uintptr | ~uint64 | ~int32 | ~uint32
}

// Num is a number.
func Num[T Number](v T) Operand { return Operand{constant, uintptr(v)} }

// CWD is AT_FDCWD.
func CWD() Operand {
	at := unix.AT_FDCWD
	return Num(at)
}

// Str stores s with its terminating NUL.
func (p *Program) Str(s string) Operand {
	o := p.room(len(s) + 1)
	copy(p.data[o.value:], s)
	return o
}

// Optional is Str, or a null pointer for the empty string.
func (p *Program) Optional(s string) Operand {
	if s == "" {
		return Num(0)
	}
	return p.Str(s)
}

// Bytes stores b at an aligned place.
func (p *Program) Bytes(b []byte) Operand {
	o := p.room(len(b))
	copy(p.data[o.value:], b)
	return o
}

// room makes room for so many zeros, at an aligned place.
func (p *Program) room(size int) Operand {
	at := (len(p.data) + 7) &^ 7
	p.data = slices.Grow(p.data, at+size-len(p.data))[:at+size] // what is behind its end has never been written to
	return Operand{address, uintptr(at)}
}

// Put stores v, a value without Go pointers, as the kernel reads it. It is copied as bytes: an
// assignment of a type that has pointers is announced to the garbage collector, which ends the
// program if the bytes lie where no pointer can.
func Put[T any](p *Program, v T) Operand {
	return p.Bytes(unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v)))
}

// Point makes the word at that offset of what was stored as in the address of what was stored as
// to.
func (p *Program) Point(in Operand, offset uintptr, to Operand) {
	p.relocs = append(p.relocs, pointer{int(in.value + offset), int(to.value)})
}

// strings stores a NULL-terminated array of strings, as execve(2) takes it.
func (p *Program) strings(list []string) Operand {
	array := p.room((len(list) + 1) * wordSize)
	p.relocs = slices.Grow(p.relocs, len(list))
	for i, s := range list {
		p.Point(array, uintptr(i*wordSize), p.Str(s))
	}
	return array
}

// MaxSlots is how many descriptors can have names at once, a power of two.
const MaxSlots = 16

// A slot is 1 + the number of a place for a descriptor in the arena; 0 for none.
type slot int

// FD is the value of a named descriptor.
func (p *Program) FD(name FD) Operand { return Operand{descriptor, uintptr(p.slot(name) - 1)} }

// Forget frees a name.
func (p *Program) Forget(name FD) { p.slots[p.slot(name)-1] = "" }

// slot returns the slot of a name and takes a free one for a new name. A plan that needs more than
// there are is a mistake of the program, not of its user.
func (p *Program) slot(name FD) slot {
	free := -1
	for i, n := range p.slots {
		if n == name {
			return slot(i + 1)
		}
		if n == "" && free < 0 {
			free = i
		}
	}
	if free < 0 {
		free = len(p.slots)
		p.slots = append(p.slots, "")
	}
	if free >= MaxSlots {
		panic("machine: a plan holds too many descriptors at once")
	}
	p.slots[free] = name
	return slot(free + 1)
}
