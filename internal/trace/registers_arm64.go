package trace

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
	"github.com/xunshare/xunshare/internal/process"
)

// supported tells whether this machine's registers are known here.
const supported = true

// native is the ABI of programs that are built as this one is.
const native = unix.AUDIT_ARCH_AARCH64

// registers are a thread's, as ptrace(2) has them.
type registers struct {
	wide   unix.PtraceRegs
	narrow armRegisters // instead, of a program of 32 bits
	short  bool         // it is one
}

// armRegisters are struct pt_regs of 32-bit ARM: r0 to pc, cpsr, and r0 as it was before the call.
type armRegisters [18]uint32

const (
	armNumber = 7 // r7 holds the number of a call
	armSP     = 13
	armPC     = 15
	armStatus = 16

	armThumb = 1 << 5 // in cpsr: instructions are those of Thumb
)

// get reads the registers; their size tells which program it is.
func (t *tracee) get() error {
	vector := t.wide64()
	err := t.set(unix.PTRACE_GETREGSET, &vector)
	if t.short = err == nil && vector.Len == uint64(unsafe.Sizeof(t.narrow)); t.short {
		t.narrow = *(*armRegisters)(unsafe.Pointer(&t.wide))
	}
	return err
}

func (t *tracee) put() error {
	vector := t.wide64()
	if t.short {
		vector = unix.Iovec{Base: (*byte)(unsafe.Pointer(&t.narrow)), Len: uint64(unsafe.Sizeof(t.narrow))}
	}
	return t.set(unix.PTRACE_SETREGSET, &vector)
}

func (r *registers) wide64() unix.Iovec {
	return unix.Iovec{Base: (*byte)(unsafe.Pointer(&r.wide)), Len: uint64(unsafe.Sizeof(r.wide))}
}

// set makes a request for the set of general registers.
func (t *tracee) set(what int, vector *unix.Iovec) error {
	const general = 1 // NT_PRSTATUS of linux/elf.h
	return request(what, t.pid, general, uintptr(unsafe.Pointer(vector)))
}

// A convention is how programs of an ABI make system calls.
type convention struct {
	length                         uint64 // of the instruction: svc #0
	execveat, close, fchdir, prctl uintptr
}

const (
	lengthOfThumb = 2
	length        = 4
)

// conventionOf is that of an ABI, as AUDIT_ARCH_* of linux/audit.h.
func conventionOf(arch uint32) convention {
	if arch == unix.AUDIT_ARCH_ARM {
		return convention{length, 387, 6, 133, 172} // arch/arm/tools/syscall.tbl
	}
	return convention{length, unix.SYS_EXECVEAT, unix.SYS_CLOSE, unix.SYS_FCHDIR, unix.SYS_PRCTL}
}

// syscallCode is the instruction, in the vDSO, and at what addresses one can be.
const (
	syscallCode = "\x01\x00\x00\xd4"
	step        = 4
)

// callAt returns where the instruction is that a call was made by. In a program of 32 bits its last
// byte tells which kind it is.
func (t *tracee) callAt(n *listener.Notice) uint64 {
	const ofThumb = 0xdf
	if n.Arch == unix.AUDIT_ARCH_ARM {
		var last [1]byte
		if memory, err := process.OpenMemory(t.pid, unix.O_RDONLY); err == nil {
			_, _ = memory.ReadAt(last[:], int64(n.Behind-1))
			memory.Close()
		}
		if last[0] == ofThumb {
			t.how.length = lengthOfThumb
		}
	}
	return n.Behind - t.how.length
}

// prepare sets the registers for a call. A call that was to be made again after an interruption is
// so by its address alone (do_signal in arch/arm64/kernel/signal.c).
func (t *tracee) prepare(number uintptr, args []uint64) {
	if !t.short {
		copy(t.wide.Regs[:], args)
		t.wide.Regs[8], t.wide.Pc = uint64(number), t.at
		return
	}
	for i, a := range args {
		t.narrow[i] = uint32(a)
	}
	t.narrow[armNumber], t.narrow[armPC] = uint32(number), uint32(t.at)
	t.narrow[armStatus] &^= armThumb
	if t.how.length == lengthOfThumb {
		t.narrow[armStatus] |= armThumb
	}
}

func (t *tracee) result() int64 {
	if t.short {
		return int64(int32(t.narrow[0]))
	}
	return int64(t.wide.Regs[0])
}

// end has the call that was notified of return this.
func (t *tracee) end(result int64) {
	t.wide.Regs[0], t.wide.Pc = uint64(result), t.at+t.how.length
	t.narrow[0], t.narrow[armPC] = uint32(result), uint32(t.at+t.how.length)
}

func (t *tracee) sp() uint64 {
	if t.short {
		return uint64(t.narrow[armSP])
	}
	return t.wide.Sp
}

func (t *tracee) setSP(value uint64) { t.wide.Sp, t.narrow[armSP] = value, uint32(value) }
