package launch

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Filter installs a filter of system calls (seccomp(2)), for the target and all that it starts. It needs CAP_SYS_ADMIN in
// the user namespace that it is installed in, or NoNewPrivs: then set-user-ID programs give nobody anything any more.
type Filter struct {
	Program    []unix.SockFilter
	NoNewPrivs bool
}

func (f Filter) String() string {
	s := fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, %d instructions)", len(f.Program))
	if f.NoNewPrivs {
		s = "prctl(PR_SET_NO_NEW_PRIVS), " + s
	}
	return s
}

// lower does without the kernel's measures against speculation in filtered programs (Linux 4.17, commit 00a02d0c502a): no
// filter here keeps a secret, and up to Linux 5.15 they slow all of a program down.
func (f Filter) lower(p *program) {
	if f.NoNewPrivs {
		p.syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_NO_NEW_PRIVS), num(1), num(0), num(0), num(0))
	}
	const size = int(unsafe.Sizeof(unix.SockFilter{}))
	code := p.bytes(make([]byte, len(f.Program)*size))
	for i, instruction := range f.Program {
		*(*unix.SockFilter)(unsafe.Pointer(&p.data[int(code.value)+i*size])) = instruction
	}
	header := p.bytes(make([]byte, unsafe.Sizeof(unix.SockFprog{})))
	*(*uint16)(unsafe.Pointer(&p.data[header.value])) = uint16(len(f.Program))
	p.relocs = append(p.relocs, pointer{int(header.value + unsafe.Offsetof(unix.SockFprog{}.Filter)), int(code.value)})
	p.syscall("seccomp", "", unix.SYS_SECCOMP, num(unix.SECCOMP_SET_MODE_FILTER), num(unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW), header)
}
