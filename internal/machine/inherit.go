package machine

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// Inherit appends what makes the target inherit what the caller gave. The handlers of the Go
// runtime have to go before the mask: until execve they would run in a process without a runtime.
// With nullOpen the first three descriptors stay open where they were closed.
func (p *Program) Inherit(nullOpen bool) {
	if !nullOpen {
		p.closeAgain()
	}
	if p.limit != nil {
		p.Syscall("prlimit64", "", unix.SYS_PRLIMIT64, Num(0), Num(unix.RLIMIT_NOFILE), Put(p, *p.limit), Num(0))
	}
	p.add(call{mode: dispositions, sets: [2]SignalSet{p.Changed &^ p.Ignored, p.Ignored}}, "rt_sigaction", "")
	p.Syscall("rt_sigprocmask", "", unix.SYS_RT_SIGPROCMASK, Num(unix.SIG_SETMASK), p.callersMask(), Num(0), Num(SigsetSize))
}

// closeAgain appends what closes those of the first three descriptors again that were closed.
func (p *Program) closeAgain() {
	for fd := 0; fd < 3; fd++ {
		if caller.Closed(fd) {
			p.Attempt("close", unix.SYS_CLOSE, Num(fd))
		}
	}
}

func (p *Program) callersMask() Operand {
	if p.Mask == nil {
		return Operand{inArena, unsafe.Offsetof(Arena{}.mask)}
	}
	return p.Bytes(binary.NativeEndian.AppendUint64(nil, uint64(*p.Mask)))
}
