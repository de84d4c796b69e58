//go:build !amd64 && !arm64

package trace

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/listener"
)

// supported tells whether this machine's registers are known here.
const supported = false

const native = 0

type registers struct{}

type convention struct{ execveat, close, fchdir, prctl uintptr }

func conventionOf(arch uint32) convention { return convention{} }

const (
	syscallCode = "none"
	step        = 1
)

func (t *tracee) get() error { return unix.ENOSYS }
func (t *tracee) put() error { return unix.ENOSYS }

func (t *tracee) callAt(n *listener.Notice) uint64      { return n.Behind }
func (t *tracee) prepare(number uintptr, args []uint64) {}
func (t *tracee) result() int64                         { return 0 }
func (t *tracee) end(result int64)                      {}
func (t *tracee) sp() uint64                            { return 0 }
func (t *tracee) setSP(value uint64)                    {}
