package launch

import "golang.org/x/sys/unix"

// EnterTime enters the time namespace that unshare(2) has made for the children (setns(2)). By itself that happens when
// a process executes a program, but only since Linux 6.2 (commit 2b5f9dad32ed). The clocks are set before.
type EnterTime struct{}

const childrensTime = "/proc/self/ns/time_for_children"

func (EnterTime) String() string { return "setns(open(" + quote(childrensTime) + "), CLONE_NEWTIME)" }

func (EnterTime) needs() need { return ownMemory }

func (EnterTime) lower(p *program) {
	const ns FD = "time"
	p.open(ns, "open", childrensTime, unix.SYS_OPENAT, cwd(), p.str(childrensTime), num(unix.O_RDONLY|unix.O_CLOEXEC))
	p.syscall("setns", childrensTime, unix.SYS_SETNS, p.fd(ns), num(unix.CLONE_NEWTIME))
	p.close(ns)
}
