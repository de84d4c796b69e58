package launch

import (
	"golang.org/x/sys/unix"
)

// Hostname sets the host name of the UTS namespace (sethostname(2)).
type Hostname struct{ Name string }

func (h Hostname) String() string { return "sethostname(" + quote(h.Name) + ")" }

func (Hostname) needs() need { return nothing }

func (h Hostname) lower(p *program) {
	p.syscall("sethostname", h.Name, unix.SYS_SETHOSTNAME, p.bytes([]byte(h.Name)), num(len(h.Name)))
}

// NoNewPrivileges keeps the target, and what it starts, from gaining privileges by execve(2)
// (PR_SET_NO_NEW_PRIVS(2const)). It cannot be undone.
type NoNewPrivileges struct{}

func (NoNewPrivileges) String() string { return "prctl(PR_SET_NO_NEW_PRIVS, 1)" }

func (NoNewPrivileges) needs() need { return nothing }

func (NoNewPrivileges) lower(p *program) {
	p.syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_NO_NEW_PRIVS), num(1))
}
