package launch

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Filter installs a filter of system calls (seccomp(2)), for the target and all that it starts. It needs CAP_SYS_ADMIN in
// the user namespace of the process, or NoNewPrivileges before.
type Filter struct{ Program []unix.SockFilter }

func (f Filter) String() string {
	return fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, %d instructions)", len(f.Program))
}

// lower does without the kernel's measures against speculation in filtered programs (Linux 4.17, commit 00a02d0c502a): no
// filter here keeps a secret, and up to Linux 5.15 they slow all of a program down.
func (f Filter) lower(p *program) {
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
