package launch

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Clone as the first step of a plan makes the child that performs the others, in new namespaces of its own
// (clone(2), CLONE_NEW*; not CLONE_NEWTIME, whose bit clone(2) takes for the exit signal). The child dies with this
// process for as long as it has not been told otherwise by DeathSignal.
type Clone struct{ Flags uintptr }

func (c Clone) String() string {
	return "clone(" + flags(c.Flags|uintptr(unix.SIGCHLD), cloneFlags) + ")"
}

func (Clone) needs() need { return nothing }

func (c Clone) lower(p *program) {
	DeathSignal{unix.SIGKILL}.lower(p)
	if p.parent < 0 {
		return
	}
	// The signal is sent when the parent dies, not if it is dead already: its pidfd is readable then.
	pollfd := p.bytes(make([]byte, unsafe.Sizeof(unix.PollFd{})))
	*(*unix.PollFd)(unsafe.Pointer(&p.data[pollfd.value])) = unix.PollFd{Fd: int32(p.parent), Events: unix.POLLIN}
	now := p.bytes(make([]byte, unsafe.Sizeof(unix.Timespec{})))
	p.add(call{number: unix.SYS_PPOLL, args: pad([]operand{pollfd, num(1), now, num(0), num(sigsetSize)}),
		result: noSlot, mode: zero}, "ppoll", "")
}

// Unshare moves the process into new namespaces (unshare(2)).
type Unshare struct{ Flags uintptr }

func (u Unshare) String() string { return "unshare(" + flags(u.Flags, cloneFlags) + ")" }

func (u Unshare) needs() need {
	if u.Flags&unix.CLONE_NEWUSER != 0 {
		return ownMemory
	}
	return nothing
}

func (u Unshare) lower(p *program) {
	p.syscall("unshare", "", unix.SYS_UNSHARE, num(u.Flags))
}

// DeathSignal has the process get a signal when its parent dies; 0 for none. The kernel forgets it when credentials
// change, so it comes after setuid (PR_SET_PDEATHSIG(2const)).
type DeathSignal struct{ Signal unix.Signal }

func (d DeathSignal) String() string {
	return "prctl(PR_SET_PDEATHSIG, " + signalName(d.Signal) + ")"
}

func (DeathSignal) needs() need { return nothing }

func (d DeathSignal) lower(p *program) {
	p.syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_PDEATHSIG), num(int(d.Signal)))
}

// Exec runs the target, as the last step. Candidates are tried in order, as execvp(3) tries those that $PATH makes
// of a name. Where Script is set, a file that the kernel cannot execute (ENOEXEC) is given to /bin/sh. The target
// inherits what xunshare was started with, whatever the Go runtime has made of it.
type Exec struct {
	Candidates []string
	Argv       []string
	Env        []string
	Script     bool

	// NullOpen leaves /dev/null open where one of the first three descriptors was closed. The kernel opens a foreign
	// program for its emulator (flag O of a rule) at the lowest number that is free, and would be read as standard input.
	NullOpen bool
}

func (e Exec) String() string {
	return fmt.Sprintf("execve(%s, [%s], %d variables)",
		quoteAll(e.Candidates, " | "), quoteAll(e.Argv, ", "), len(e.Env))
}

func (Exec) needs() need { return nothing }

func (e Exec) lower(p *program) {
	p.lowerInheritance(e.NullOpen)
	argv, env := p.strings(e.Argv), p.strings(e.Env)
	scripts := make([]func(), len(e.Candidates)) // scripts[i] says where the walk goes on if candidate i may be a script
	how := search
	if len(e.Candidates) == 1 {
		how = must
	}
	for i, file := range e.Candidates {
		p.add(call{number: unix.SYS_EXECVE, args: pad([]operand{p.str(file), argv, env}), result: noSlot, mode: how}, "execve", file)
		if e.Script {
			scripts[i] = p.on(unix.ENOEXEC)
		}
	}
	p.add(call{result: noSlot, mode: lost}, "execve", e.Argv[0])
	for i, file := range e.Candidates {
		if !e.Script {
			break
		}
		scripts[i]()
		shell := p.strings(append([]string{shellPath, file}, e.Argv[1:]...))
		p.syscall("execve", file, unix.SYS_EXECVE, p.str(shellPath), shell, env)
	}
}

// shellPath runs a file without #!, execvp(3).
const shellPath = "/bin/sh"

func quoteAll(list []string, between string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, between)
}
