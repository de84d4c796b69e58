package machine

import (
	"golang.org/x/sys/unix"
)

// On makes errno of the call that was added last no failure: the walk goes on with the call that it
// is given later, by the function that is returned, as the one that is added next.
func (p *Program) On(errno unix.Errno) (goOnHere func()) {
	i := len(p.calls) - 1
	p.calls[i].on = errno
	return func() { p.calls[i].other = len(p.calls) }
}

// Jump goes on with another call: a call that fails in one way only.
func (p *Program) Jump() (goOnHere func()) {
	p.Syscall("jump", "", unix.SYS_CLOSE, Num(-1))
	return p.On(unix.EBADF)
}

// Beside has a helper, a child of the process with a copy of its memory, perform the calls that are
// added next, up to a Leave, while the process goes on after them. The helper's pid is kept under
// the name helper. The function that is returned says where its calls end.
func (p *Program) Beside(helper FD) (processGoesOnHere func()) {
	i := len(p.calls)
	p.add(call{mode: beside, result: p.slot(helper)}, "clone", "")
	return func() { p.calls[i].other = len(p.calls) }
}

// Leave ends the calls of a helper.
func (p *Program) Leave() { p.add(call{mode: leave}, "exit_group", "") }

// Proven fails (ECHILD) unless the helper, which has been waited for, has done its work.
func (p *Program) Proven() { p.add(call{mode: proven}, "wait4", "") }

// Execute appends execve(2) of the first of the candidates that can be executed, as execvp(3)
// searches PATH; name is what is said not to be there if none can. Where scripts is set, a
// candidate that the kernel cannot execute (ENOEXEC) is given to the shell: shell has its arguments
// for the i-th.
func (p *Program) Execute(name string, candidates []string, argv, env []string, shell func(file string) []string) {
	arguments, environment := p.strings(argv), p.strings(env)
	scripts := make([]func(), len(candidates)) // scripts[i] says where the walk goes on if candidate i may be a script
	for i, file := range candidates {
		p.Syscall("execve", file, unix.SYS_EXECVE, p.Str(file), arguments, environment)
		if len(candidates) > 1 {
			p.last().mode = search
		}
		if shell != nil {
			scripts[i] = p.On(unix.ENOEXEC)
		}
	}
	p.add(call{mode: lost}, "execve", name)
	if shell == nil {
		return
	}
	for i, file := range candidates {
		scripts[i]()
		words := shell(file)
		p.Syscall("execve", file, unix.SYS_EXECVE, p.Str(words[0]), p.strings(words), environment)
	}
}

// BecomeInit makes the process an init (pidone.go). A child of it, the target, performs the calls
// that are added next.
func (p *Program) BecomeInit() {
	p.add(call{mode: initialize}, "clone", "")
	p.add(call{mode: lead}, "setpgid", "")
}
