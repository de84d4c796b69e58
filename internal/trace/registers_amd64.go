package trace

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// supported tells whether this machine's registers are known here.
const supported = true

// registers are a thread's, as ptrace(2) has them.
type registers struct {
	unix.PtraceRegs
	short bool // it runs as an i386 program
}

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
	length                         uint64 // of the instruction: syscall, int $0x80
	execveat, close, fchdir, prctl uintptr
}

// conventionOf is that of an ABI, as AUDIT_ARCH_* of linux/audit.h.
func conventionOf(arch uint32) convention {
	if arch == unix.AUDIT_ARCH_I386 {
		return convention{2, 358, 6, 133, 172} // arch/x86/entry/syscalls/syscall_32.tbl
	}
	return convention{2, unix.SYS_EXECVEAT, unix.SYS_CLOSE, unix.SYS_FCHDIR, unix.SYS_PRCTL}
}

// syscallCode is the instruction, in the vDSO.
const syscallCode = "\x0f\x05"

// prepare sets the registers for a call. Nothing is to be made again that was interrupted.
func (r *registers) prepare(number uintptr, at uint64, args []uint64) {
	to := [...]*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}
	if r.short {
		to = [...]*uint64{&r.Rbx, &r.Rcx, &r.Rdx, &r.Rsi, &r.Rdi, &r.Rbp}
	}
	for i, a := range args {
		*to[i] = a
	}
	r.Rax, r.Orig_rax, r.Rip = uint64(number), ^uint64(0), at
}

func (r *registers) result() int64 { return int64(r.Rax) }

// end has the call that was notified of return this.
func (r *registers) end(result int64) { r.Rax, r.Orig_rax = uint64(result), ^uint64(0) }

func (r *registers) sp() uint64         { return r.Rsp }
func (r *registers) setSP(value uint64) { r.Rsp = value }
