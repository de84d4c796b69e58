package trace

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
)

// supported tells whether this machine's registers are known here.
const supported = true

// native is the ABI of programs that are built as this one is.
const native = unix.AUDIT_ARCH_X86_64

// registers are a thread's, as ptrace(2) has them.
type registers struct{ unix.PtraceRegs }

// get and put use the registers of 64 bits, of an i386 program too: PTRACE_GETREGSET, which package
// unix uses, has others for that.
func (t *tracee) get() error {
	return request(unix.PTRACE_GETREGS, t.pid, 0, uintptr(unsafe.Pointer(&t.PtraceRegs)))
}

func (t *tracee) put() error {
	return request(unix.PTRACE_SETREGS, t.pid, 0, uintptr(unsafe.Pointer(&t.PtraceRegs)))
}

// A convention is how programs of an ABI make system calls.
type convention struct {
	short                          bool // of i386
	execveat, close, fchdir, prctl uintptr
}

// conventionOf is that of an ABI, as AUDIT_ARCH_* of linux/audit.h.
func conventionOf(arch uint32) convention {
	if arch == unix.AUDIT_ARCH_I386 {
		return convention{true, 358, 6, 133, 172} // arch/x86/entry/syscalls/syscall_32.tbl
	}
	return convention{false, unix.SYS_EXECVEAT, unix.SYS_CLOSE, unix.SYS_FCHDIR, unix.SYS_PRCTL}
}

// syscallCode is the instruction, in the vDSO, and at what addresses one can be.
const (
	syscallCode = "\x0f\x05"
	step        = 1
)

// callAt returns where the instruction is that a call was made by: syscall or int $0x80. User-mode
// Linux has another address in the notice (KSTK_EIP of arch/um/include/asm/processor-generic.h).
// After an interruption the registers are those of a handler.
func (t *tracee) callAt(n *listener.Notice) uint64 {
	const length = 2
	if t.interrupted {
		return n.Behind - length
	}
	return t.Rip - length
}

// prepare sets the registers for a call. Nothing is to be made again that was interrupted.
func (t *tracee) prepare(number uintptr, args []uint64) {
	r := &t.registers
	to := [...]*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}
	if t.how.short {
		to = [...]*uint64{&r.Rbx, &r.Rcx, &r.Rdx, &r.Rsi, &r.Rdi, &r.Rbp}
	}
	for i, a := range args {
		*to[i] = a
	}
	r.Rax, r.Orig_rax, r.Rip = uint64(number), ^uint64(0), t.at
}

func (t *tracee) result() int64 { return int64(t.Rax) }

// end has the call that was notified of return this.
func (t *tracee) end(result int64) { t.Rax, t.Orig_rax = uint64(result), ^uint64(0) }

func (t *tracee) sp() uint64         { return t.Rsp }
func (t *tracee) setSP(value uint64) { t.Rsp = value }
