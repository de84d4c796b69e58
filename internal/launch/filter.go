package launch

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Filter installs a filter of system calls (seccomp(2)), for the target and all that it starts. It needs CAP_SYS_ADMIN in
// the user namespace of the process, or NoNewPrivileges before.
//
// With Listen its SECCOMP_RET_USER_NOTIF lead to Parent.Listen. Where the kernel cannot do that, or another filter listens
// already, such calls succeed without being made; those whose SECCOMP_RET_DATA, which the kernel does not look at, is Watched,
// if that is not 0, are made.
type Filter struct {
	Program []unix.SockFilter
	Listen  bool
	Watched uint32
}

func (f Filter) String() string {
	listening := ""
	if f.Listen {
		listening = "SECCOMP_FILTER_FLAG_NEW_LISTENER|"
	}
	return fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, %sSECCOMP_FILTER_FLAG_SPEC_ALLOW, %d instructions)", listening, len(f.Program))
}

func (f Filter) needs() need {
	if f.Listen {
		return listens
	}
	return nothing
}

// lower does without the kernel's measures against speculation in filtered programs (Linux 4.17, commit 00a02d0c502a): no
// filter here keeps a secret, and up to Linux 5.15 they slow all of a program down.
func (f Filter) lower(p *program) {
	if !f.Listen {
		p.filter(f.Program, 0)
		return
	}
	const listener FD = "listener"
	installed := []func(){}
	for _, how := range [...]uintptr{listening | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, listening} {
		p.filter(f.Program, how)
		p.keep(listener)
		refused := p.on(anyError)
		installed = append(installed, p.jump())
		refused()
	}
	p.filter(f.deaf(), 0)
	done := p.jump()
	for _, here := range installed {
		here()
	}
	p.handOver(listener)
	p.close(listener)
	done()
}

// listening wants a listener that can have calls go on: SECCOMP_USER_NOTIF_FLAG_CONTINUE came with Linux 5.5, and the second
// flag, which is without a meaning here, with 5.7. WAIT_KILLABLE_RECV (Linux 5.19) keeps signals from interrupting a
// call that is being handled, which would then be made again.
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
func (p *program) filter(program []unix.SockFilter, how uintptr) {
	const size = int(unsafe.Sizeof(unix.SockFilter{}))
	code := p.bytes(make([]byte, len(program)*size))
	for i, instruction := range program {
		*(*unix.SockFilter)(unsafe.Pointer(&p.data[int(code.value)+i*size])) = instruction
	}
	header := p.bytes(make([]byte, unsafe.Sizeof(unix.SockFprog{})))
	*(*uint16)(unsafe.Pointer(&p.data[header.value])) = uint16(len(program))
	p.relocs = append(p.relocs, pointer{int(header.value + unsafe.Offsetof(unix.SockFprog{}.Filter)), int(code.value)})
	p.syscall("seccomp", "", unix.SYS_SECCOMP, num(unix.SECCOMP_SET_MODE_FILTER), num(how|unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW), header)
}
