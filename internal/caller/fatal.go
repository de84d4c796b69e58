//go:build amd64 || arm64

package caller

//lint:file-ignore U1000 the entry in assembly uses sayLess

import "unsafe"

// Where the runtime lacks something that the surroundings limit it ends the program with its stack,
// at whatever time: when it starts, when it needs a thread more or more memory. It has one place
// through which all that it prints goes (overrideWrite in src/runtime/time_nofake.go), and begins
// with words that tell the case. For those we say a sentence in its place. What is a fault of this
// program is printed as ever.

// A sentence is what to say when the runtime begins to print something that has one of the words in
// it.
type sentence struct {
	words [4]string
	text  string
}

var sentences = [...]sentence{
	{[4]string{"new OS thread", "newosproc"}, "xunshare: no more threads can be started: too few processes are allowed (RLIMIT_NPROC, or pids.max of the control group)\n" +
		"xunshare: hint: raise the limit: ulimit -u 4096; it counts the threads of all your programs, and xunshare needs a dozen\n"},
	{[4]string{"epoll", "eventfd"}, "xunshare: too few open files are allowed (RLIMIT_NOFILE), or left\n" +
		"xunshare: hint: raise the limit: ulimit -n 256\n"},
	{[4]string{"SIGXFSZ"}, "xunshare: a file would become larger than is allowed (RLIMIT_FSIZE)\n" +
		"xunshare: hint: raise the limit: ulimit -f unlimited; to limit only the program: xunshare ... prlimit --fsize=N PROGRAM\n"},
	{[4]string{"memory", "allocat", "reserve", "address space"}, "xunshare: too little memory is allowed (RLIMIT_AS, RLIMIT_DATA), or left\n" +
		"xunshare: hint: raise the limits: ulimit -v 4000000; ulimit -d 1000000; to limit only the program: xunshare ... prlimit --as=N PROGRAM\n"},
}

// sayLess is what the entry makes overrideWrite.
var sayLess = writeOrSay

// What the runtime has begun to print: a reason comes next; a fault of this program, which is meant
// to be seen.
var reasonNext, fault bool

// fatalError is what the runtime prints in front of a reason, by a call of its own.
const fatalError = "fatal error: "

// writeOrSay runs where the runtime is about to die, on any stack and perhaps without memory, and
// for what GODEBUG makes it print. Each argument of a print of the runtime's comes by itself.
//
//go:nosplit
//go:norace
func writeOrSay(fd uintptr, p unsafe.Pointer, n int32) int32 {
	text := unsafe.String((*byte)(p), n)
	switch {
	case fd != 2 || fault:
	case text == fatalError:
		reasonNext = true
		return n
	case reasonNext || begins(text, "runtime: ") || begins(text, "SIG"):
		for i := range sentences {
			if s := &sentences[i]; holds(text, &s.words) {
				end(s.text)
			}
		}
		if reasonNext {
			write(fatalError)
		}
		fault = reasonNext || begins(text, "SIG")
	default:
		fault = begins(text, "panic")
	}
	written, _, errno := rawSyscall6(sysWrite, fd, uintptr(p), uintptr(n), 0, 0, 0)
	if errno != 0 {
		return -int32(errno)
	}
	return int32(written)
}

// end says a sentence and ends the program, and its child before that. If the program is about to
// end, only the latter.
//
//go:nosplit
//go:norace
func end(text string) {
	const sigkill, millisecond, patience = 9, 1000 * 1000, 200
	if child != 0 {
		rawSyscall6(sysKill, child, sigkill, 0, 0, 0, 0)
	}
	if words == 0 {
		write(text)
	}
	for tick, n := [2]uintptr{0, millisecond}, 0; words == speaking && n < patience; n++ {
		rawSyscall6(sysNanosleep, uintptr(unsafe.Pointer(&tick)), 0, 0, 0, 0, 0)
	}
	rawSyscall6(sysExitGroup, 1, 0, 0, 0, 0, 0)
}

//go:nosplit
//go:norace
func write(text string) {
	rawSyscall6(sysWrite, 2, uintptr(unsafe.Pointer(unsafe.StringData(text))), uintptr(len(text)), 0, 0, 0)
}

//go:nosplit
//go:norace
func begins(text, with string) bool {
	return len(text) >= len(with) && text[:len(with)] == with
}

// holds tells whether one of the words is in a text.
//
//go:nosplit
//go:norace
func holds(text string, words *[4]string) bool {
	for _, word := range words {
		for at := 0; word != "" && at+len(word) <= len(text); at++ {
			if text[at:at+len(word)] == word {
				return true
			}
		}
	}
	return false
}
