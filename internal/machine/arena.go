package machine

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

const wordSize = int(unsafe.Sizeof(uintptr(0)))

// An Arena is the one mapping, shared with the child, that a loaded program lies in: this header,
// its instructions, its data. It holds no Go pointer and nothing in it moves.
type Arena struct {
	failed  uint32 // 1 + the index of the call that failed; 0 while none has
	errno   uint32
	denied  uint32            // the last EACCES of a PATH search, which is what the search ends with (execvp(3))
	count   uint32            // how many instructions there are
	next    uint32            // the one to go on with
	helper  uint32            // the one that a helper goes on with, a child that a call needs beside the process
	done    uint32            // 1 if the helper has done its work
	here    uint32            // 1 if they are performed by the process itself, not by a child
	mask    uint64            // the caller's signal mask, as rt_sigprocmask(2) takes it
	plain   SignalSet         // signals that have their default action when the child starts
	slots   [MaxSlots]uintptr // descriptors
	Station Station
	size    uint32  // of it all, in bytes
	code    uintptr // where the instructions lie, from the start of the arena
}

// An instruction is a loaded call.
type instruction struct {
	number uintptr
	args   [6]uintptr
	sets   [2]uint64 // for dispositions
	isSlot uint8     // bit i: args[i] is the number of a slot
	result int8      // the slot of the result, or -1
	mode   mode
	on     uint16 // an errno: that of this call is no failure
	other  uint32 // the instruction to go on with then; 0 for none
}

const (
	arenaSize       = unsafe.Sizeof(Arena{})
	instructionSize = unsafe.Sizeof(instruction{})
)

// Load maps an arena and copies the program into it, every address made real.
func (p *Program) Load() (*Arena, error) {
	dataAt := int(arenaSize) + len(p.calls)*int(instructionSize)
	size := dataAt + len(p.data) + 1
	base, err := unix.MmapPtr(-1, 0, nil, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, err
	}
	mem := unsafe.Slice((*byte)(base), size)
	a := (*Arena)(base)
	a.count, a.code, a.size = uint32(len(p.calls)), arenaSize, uint32(len(mem))
	data := uintptr(base) + uintptr(dataAt)
	copy(mem[dataAt:], p.data)
	for _, r := range p.relocs {
		putWord(mem[dataAt+r.at:], data+uintptr(r.to))
	}
	for i, c := range p.calls {
		*a.instruction(uint32(i)) = p.loadCall(c, data, uintptr(base))
	}
	return a, nil
}

func (p *Program) loadCall(c call, data, base uintptr) instruction {
	in := instruction{number: c.number, result: int8(c.result - 1), mode: c.mode, on: uint16(c.on), other: uint32(c.other),
		sets: [2]uint64{uint64(c.sets[0]), uint64(c.sets[1])}}
	for i, arg := range c.args {
		switch arg.kind {
		case constant:
			in.args[i] = arg.value
		case address:
			in.args[i] = data + arg.value
		case descriptor:
			in.args[i] = arg.value
			in.isSlot |= 1 << i
		case inArena:
			in.args[i] = base + arg.value
		}
	}
	return in
}

func putWord(b []byte, v uintptr) {
	if wordSize == 8 {
		binary.NativeEndian.PutUint64(b, uint64(v))
		return
	}
	binary.NativeEndian.PutUint32(b, uint32(v))
}

// Failed tells whether a call has failed.
func (a *Arena) Failed() bool { return a.failed != 0 }

// Finished tells whether all calls have been made.
func (a *Arena) Finished() bool { return a.next == a.count }

// Unload unmaps the arena.
func (a *Arena) Unload() { _ = unix.MunmapPtr(unsafe.Pointer(a), uintptr(a.size)) }

// instruction returns the i-th instruction.
//
//go:nosplit
//go:nocheckptr
func (a *Arena) instruction(i uint32) *instruction {
	return (*instruction)(unsafe.Add(unsafe.Pointer(a), a.code+uintptr(i)*instructionSize))
}
