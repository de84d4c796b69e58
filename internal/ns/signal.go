package ns

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The real-time signals as the C library counts them: it keeps the first two of the kernel's for
// itself (signal(7)).
const (
	rtMin = 34
	rtMax = 64
)

// ParseSignal returns the signal that s names as unshare(1) understands it: a name in any case,
// with or without SIG, or RTMIN+n, RTn, RTMAX-n. A number is refused.
func ParseSignal(s string) (syscall.Signal, error) {
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if sig, ok := realTime(name); ok {
		return sig, nil
	}
	switch name { // second names (signal(7))
	case "IOT":
		name = "ABRT"
	case "CLD":
		name = "CHLD"
	case "POLL":
		name = "IO"
	}
	if sig := unix.SignalNum("SIG" + name); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("signal %q is not known: give a name such as KILL, TERM or RTMIN+1", s)
}

func realTime(name string) (syscall.Signal, bool) {
	base, sign, digits := rtMin, 1, ""
	switch {
	case strings.HasPrefix(name, "RTMIN+"):
		digits = name[len("RTMIN+"):]
	case strings.HasPrefix(name, "RTMAX-"):
		base, sign, digits = rtMax, -1, name[len("RTMAX-"):]
	case strings.HasPrefix(name, "RT"):
		digits = name[len("RT"):]
	}
	n, err := strconv.ParseUint(digits, 10, 8)
	sig := base + sign*int(n)
	if err != nil || sig < rtMin || sig > rtMax {
		return 0, false
	}
	return syscall.Signal(sig), true
}
