package supervise

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A tracer in this process waits for the stops of programs that it traces. They would be reported
// to who waits for the target here as well, if that is traced (wait_consider_task in
// kernel/exit.c), and are reported once.
var (
	tracing sync.Mutex
	missed  atomic.Bool // somebody would have waited
)

// Trace keeps this process from waiting for the target until Untrace is called. Between the two
// lies what does not take long.
func Trace() { tracing.Lock() }

// Untrace ends that.
func Untrace() {
	tracing.Unlock()
	if missed.Swap(false) {
		again := heard{signal: int32(unix.SIGCHLD)}
		_, _ = unix.Write(ear[1], unsafe.Slice((*byte)(unsafe.Pointer(&again)), unsafe.Sizeof(again)))
	}
}

// unlessTraced waits, if nobody traces.
func unlessTraced(wait func()) (waited bool) {
	missed.Store(true)
	if !tracing.TryLock() {
		return false
	}
	missed.Store(false)
	defer tracing.Unlock()
	wait()
	return true
}
