package verb

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Filter installs a filter of system calls (seccomp(2)), for the target and all that it starts. It
// needs CAP_SYS_ADMIN in the user namespace of the process, or NoNewPrivileges before.
//
// With Listen its SECCOMP_RET_USER_NOTIF lead to attend.Parent.Listen. Where the kernel cannot do
// that, or another filter listens already, such calls succeed without being made; those whose
// SECCOMP_RET_DATA, which the kernel does not look at, is Watched, if that is not 0, are made.
type Filter struct {
	Program []unix.SockFilter
	Listen  bool
	Watched uint32
	Execs   bool // the target's own execve(2) is one of them: the parent may not sleep until then
}

func (f Filter) String() string {
	listening := ""
	if f.Listen {
		listening = "SECCOMP_FILTER_FLAG_NEW_LISTENER|"
	}
	return fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, %sSECCOMP_FILTER_FLAG_SPEC_ALLOW, %d instructions)", listening, len(f.Program))
}

func (f Filter) Needs() Need {
	switch {
	case f.Listen && f.Execs:
		return Listens | OwnMemory
	case f.Listen:
		return Listens
	}
	return Nothing
}

// Lower does without the kernel's measures against speculation in filtered programs (Linux 4.17,
// commit 00a02d0c502a): no filter here keeps a secret, and up to Linux 5.15 they slow all of a
// program down.
func (f Filter) Lower(p *machine.Program) {
	if !f.Listen {
		filter(p, f.Program, 0)
		return
	}
	const listener FD = "listener"
	installed := []func(){}
	for _, how := range [...]uintptr{listening | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, listening} {
		filter(p, f.Program, how)
		p.Keep(listener)
		refused := p.On(machine.AnyError)
		installed = append(installed, p.Jump())
		refused()
	}
	filter(p, f.deaf(), 0)
	done := p.Jump()
	for _, here := range installed {
		here()
	}
	p.HandOver(listener)
	p.Close(listener)
	done()
}

// listening wants a listener that can have calls go on: SECCOMP_USER_NOTIF_FLAG_CONTINUE came with
// Linux 5.5, and the second flag, which is without a meaning here, with 5.7. WAIT_KILLABLE_RECV
// (Linux 5.19) keeps signals from interrupting a call that is being handled, which would then be
// made again.
const listening = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH

// deaf is the program for a kernel without listeners.
func (f Filter) deaf() []unix.SockFilter {
	program := slices.Clone(f.Program)
	for i := range program {
		switch in := &program[i]; {
		case in.Code != unix.BPF_RET|unix.BPF_K:
		case in.K == unix.SECCOMP_RET_USER_NOTIF:
			in.K = unix.SECCOMP_RET_ERRNO
		case in.K == unix.SECCOMP_RET_USER_NOTIF|f.Watched:
			in.K = unix.SECCOMP_RET_ALLOW
		}
	}
	return program
}

// filter appends seccomp(2).
func filter(p *machine.Program, program []unix.SockFilter, how uintptr) {
	var code []byte
	for _, instruction := range program {
		code = append(code, (*[unsafe.Sizeof(instruction)]byte)(unsafe.Pointer(&instruction))[:]...)
	}
	header := machine.Put(p, unix.SockFprog{Len: uint16(len(program))})
	p.Point(header, unsafe.Offsetof(unix.SockFprog{}.Filter), p.Bytes(code))
	p.Syscall("seccomp", "", unix.SYS_SECCOMP, num(unix.SECCOMP_SET_MODE_FILTER), num(how|unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW), header)
}
