package caller

//lint:file-ignore U1000 the entry in assembly uses oneProcessor and profileRate

import (
	"runtime"
	"unsafe"
)

// The Go runtime copies the environment when it starts, and begins as many processors as it may
// use: page faults and threads that a launch has no use for. So the entry puts a vector of its own
// in front of the one that execve(2) has left: the same arguments, one processor, those variables
// that are for the Go runtime (GODEBUG...) or that package os answers with (PWD), and the same
// auxiliary vector (getauxval(3)). The caller's environment is read from where it is.
var (
	vector       unsafe.Pointer // as execve(2) has left it; nil without the entry
	oneProcessor = [...]byte{'G', 'O', 'M', 'A', 'X', 'P', 'R', 'O', 'C', 'S', '=', '1', 0}
)

// profileRate is set to 0, for nobody asks where memory has been allocated.
var profileRate = &runtime.MemProfileRate

const wordSize = unsafe.Sizeof(uintptr(0))

// Environ returns the environment; ok is false if only the runtime has it.
func Environ() (env []string, ok bool) {
	if vector == nil {
		return nil, false
	}
	list := unsafe.Add(vector, (*(*uintptr)(vector)+2)*wordSize) // behind the count of the arguments, they, and a null
	count := 0
	for variable(list, count) != nil {
		count++
	}
	env = make([]string, count)
	for i := range env {
		env[i] = text(variable(list, i))
	}
	return env, true
}

func variable(list unsafe.Pointer, i int) *byte {
	return *(**byte)(unsafe.Add(list, uintptr(i)*wordSize))
}

// text is a string that ends with a null, where it is.
func text(p *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return unsafe.String(p, n)
}

// Together is called before something is done beside something else that may wait in a system call:
// with one processor it would go on only when the runtime's monitor has noticed, 5 ms later.
func Together() {
	if runtime.GOMAXPROCS(0) == 1 {
		runtime.GOMAXPROCS(2)
	}
}
