package verb

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// Clone as the first step of a plan makes the child that performs the others, in new namespaces of
// its own (clone(2), CLONE_NEW*; not CLONE_NEWTIME, whose bit clone(2) takes for the exit signal).
// The child dies with this process for as long as it has not been told otherwise by DeathSignal.
type Clone struct{ Flags uintptr }

func (c Clone) String() string {
	return "clone(" + flags(c.Flags|uintptr(unix.SIGCHLD), cloneFlags) + ")"
}

func (Clone) Needs() Need { return Nothing }

func (c Clone) Lower(p *machine.Program) {
	DeathSignal{unix.SIGKILL}.Lower(p)
	if p.Parent < 0 {
		return
	}
	// The signal is sent when the parent dies, not if it is dead already: its pidfd is readable
	// then.
	pollfd := machine.Put(p, unix.PollFd{Fd: int32(p.Parent), Events: unix.POLLIN})
	p.Syscall("ppoll", "", unix.SYS_PPOLL, pollfd, num(1), machine.Put(p, unix.Timespec{}), num(0), num(machine.SigsetSize))
	p.MustBeZero()
}

// DeathSignal has the process get a signal when its parent dies; 0 for none. The kernel forgets it
// when credentials change, so it comes after setuid (PR_SET_PDEATHSIG(2const)).
type DeathSignal struct{ Signal unix.Signal }

func (d DeathSignal) String() string {
	return "prctl(PR_SET_PDEATHSIG, " + signalName(d.Signal) + ")"
}

func (DeathSignal) Needs() Need { return Nothing }

func (d DeathSignal) Lower(p *machine.Program) {
	p.Syscall("prctl", "", unix.SYS_PRCTL, num(unix.PR_SET_PDEATHSIG), num(int(d.Signal)))
}

// Init makes the process the init of its pid namespace, which it has to be the first process of. A
// child of it, the target, performs the steps that follow; the init reaps whatever else becomes its
// child, passes on what signals come from outside, and ends with the target, and the kernel ends
// what is left in the namespace (pid_namespaces(7)).
//
// The init is not another program: it is the child of Clone, which goes on without a Go runtime
// (pidone.go).
type Init struct{}

func (Init) String() string { return "clone(SIGCHLD), wait4(-1) until that child ends" }

func (Init) Needs() Need { return OwnMemory }

func (Init) Lower(p *machine.Program) {
	p.Attempt("prctl", unix.SYS_PRCTL, num(unix.PR_SET_NAME), p.Str("xunshare-init"))
	p.BecomeInit()
}

// AfterInit returns the steps after an Init, which a child of it performs; ok tells whether there
// is one.
func AfterInit(steps []Step) (after []Step, ok bool) {
	for i, s := range steps {
		if _, ok := s.Call.(Init); ok {
			return steps[i+1:], true
		}
	}
	return nil, false
}

// Exec runs the target, as the last step. Candidates are tried in order, as execvp(3) tries those
// that $PATH makes of a name. Where Script is set, a file that the kernel cannot execute (ENOEXEC)
// is given to /bin/sh. The target inherits what xunshare was started with, whatever the Go runtime
// has made of it.
type Exec struct {
	Candidates []string
	Argv       []string
	Env        []string
	Script     bool

	// NullOpen leaves /dev/null open where one of the first three descriptors was closed. The
	// kernel opens a foreign program for its emulator (flag O of a rule) at the lowest number that
	// is free, and would be read as standard input.
	NullOpen bool
}

func (e Exec) String() string {
	return fmt.Sprintf("execve(%s, [%s], %d variables)",
		quoteAll(e.Candidates, " | "), quoteAll(e.Argv, ", "), len(e.Env))
}

func (Exec) Needs() Need { return Nothing }

func (e Exec) Lower(p *machine.Program) {
	p.Inherit(e.NullOpen)
	var shell func(file string) []string
	if e.Script {
		shell = func(file string) []string { return append([]string{shellPath, file}, e.Argv[1:]...) }
	}
	p.Execute(e.Argv[0], e.Candidates, e.Argv, e.Env, shell)
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
