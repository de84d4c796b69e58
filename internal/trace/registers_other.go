//go:build !amd64

package trace

import "golang.org/x/sys/unix"

// supported tells whether this machine's registers are known here.
const supported = false

type registers struct{ short bool }

type convention struct {
	length                         uint64
	execveat, close, fchdir, prctl uintptr
}

func conventionOf(arch uint32) convention { return convention{} }

const syscallCode = "none"

func (t *tracee) get() error { return unix.ENOSYS }
func (t *tracee) put() error { return unix.ENOSYS }

func (r *registers) prepare(number uintptr, at uint64, args []uint64) {}
func (r *registers) result() int64                                    { return 0 }
func (r *registers) end(result int64)                                 {}
func (r *registers) sp() uint64                                       { return 0 }
func (r *registers) setSP(value uint64)                               {}
