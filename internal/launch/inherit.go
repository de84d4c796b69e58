package launch

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/caller"
)

// world is what a program has to know of the process that it is lowered in.
type world struct {
	parent   int          // a pidfd of this process, for the child to see that it lives; negative if there is none
	meeting               // where the child waits for what the parent does
	channel  channel      // by which the child hands descriptors over
	runtimes signalSet    // the signals that the Go runtime may have changed
	ignored  signalSet    // those that the caller ignored
	mask     *signalSet   // the caller's; nil if it is this thread's
	limit    *unix.Rlimit // the caller's RLIMIT_NOFILE; nil if the runtime has not changed it
}

// look finds the world out.
func look() (w world) {
	var err error
	if w.parent, err = unix.PidfdOpen(unix.Getpid(), 0); err != nil {
		w.parent = -1 // before Linux 5.3; a parent that dies in the first microseconds is then not noticed
	}
	if blocked, ignored, ok := caller.Signals(); ok {
		mask := signalSet(blocked)
		w.mask, w.runtimes, w.ignored = &mask, allSignals, signalSet(ignored)
	} else {
		w.runtimes, w.ignored = currentDispositions()
	}
	var now unix.Rlimit
	soft, hard, ok := caller.OpenFiles()
	if ok && unix.Getrlimit(unix.RLIMIT_NOFILE, &now) == nil && now.Cur != soft {
		w.limit = &unix.Rlimit{Cur: soft, Max: hard}
	}
	return w
}

// lowerInheritance appends what makes the target inherit what the caller gave. The handlers of the Go runtime have to
// go before the mask: until execve they would run in a process without a runtime. nullOpen is Exec.NullOpen.
func (p *program) lowerInheritance(nullOpen bool) {
	if !nullOpen {
		p.lowerDescriptors()
	}
	if p.limit != nil {
		limit := p.bytes(make([]byte, unsafe.Sizeof(*p.limit)))
		*(*unix.Rlimit)(unsafe.Pointer(&p.data[limit.value])) = *p.limit
		p.syscall("prlimit64", "", unix.SYS_PRLIMIT64, num(0), num(unix.RLIMIT_NOFILE), limit, num(0))
	}
	p.add(call{mode: dispositions, sets: [2]signalSet{p.runtimes &^ p.ignored, p.ignored}, result: noSlot}, "rt_sigaction", "")
	p.syscall("rt_sigprocmask", "", unix.SYS_RT_SIGPROCMASK, num(unix.SIG_SETMASK), p.lowerMask(), num(0), num(sigsetSize))
}

// lowerDescriptors appends what closes those of the first three again that were closed.
func (p *program) lowerDescriptors() {
	for fd := 0; fd < 3; fd++ {
		if caller.Closed(fd) {
			p.attempt("close", unix.SYS_CLOSE, num(fd))
		}
	}
}

func (p *program) lowerMask() operand {
	if p.mask == nil {
		return operand{inArena, unsafe.Offsetof(arena{}.mask)}
	}
	return p.bytes(binary.NativeEndian.AppendUint64(nil, uint64(*p.mask)))
}
