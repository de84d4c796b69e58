package trace

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// A Rule is a rule that is followed here, in place of the kernel.
type Rule struct {
	*binfmt.Rule
	Opened int // the interpreter, opened when the rule was given (flag F); negative without
}

// A file is one that may be executed.
type file struct {
	fd      int
	path    string // as it was called
	hidden  bool   // whoever executes it could not open it by its path: the descriptor is gone by then
	borrows bool   // the descriptor is not this file's to close
	start   [binfmt.Window]byte
}

func (f *file) close() {
	if !f.borrows {
		unix.Close(f.fd)
	}
}

// An execution is what execve(2) of a file comes to.
type execution struct {
	program  *file    // which is executed in the end
	front    []string // arguments that come before the caller's
	drops    bool     // the first of the caller's goes
	keeps    bool     // of the last rule: flag P
	opened   *file    // which a rule hands to its interpreter (flag O); nil for none
	followed bool     // a rule has matched
}

func (e *execution) close() {
	e.program.close()
	if e.opened != nil && e.opened != e.program {
		e.opened.close()
	}
}

// maxDepth is how often the kernel replaces a file by its interpreter (exec_binprm in fs/exec.c).
const maxDepth = 5

// resolve finds out what execve(2) of a file comes to: what search_binary_handler of fs/exec.c
// would, where binfmt_misc comes before #! lines. open opens an interpreter for whoever executes.
// The files of the execution are the caller's to close, if there is no error; with one it says no
// more than whether a rule was followed.
func resolve(first *file, rules []Rule, open func(path string) (*file, unix.Errno)) (*execution, unix.Errno) {
	e := &execution{program: first}
	for depth := 0; ; depth++ {
		opened := e.opened
		next, errno := e.step(rules, open)
		switch {
		case errno == 0 && next != nil && opened != nil: // the interpreter would get two files
			next.close()
			errno = unix.ENOEXEC
		case errno == 0 && next == nil:
			return e, 0
		case errno == 0 && depth == maxDepth:
			next.close()
			errno = unix.ELOOP
		}
		if errno != 0 {
			e.close()
			return e, errno
		}
		e.proceed(next)
	}
}

// step finds the interpreter of the program so far, and puts in front what it gets; nil if there is
// none.
func (e *execution) step(rules []Rule, open func(string) (*file, unix.Errno)) (*file, unix.Errno) {
	if r := match(rules, e.program); r != nil {
		return e.follow(r, open)
	}
	interpreter, argument := binfmt.Shebang(&e.program.start)
	if interpreter == "" {
		return nil, 0
	}
	if e.program.hidden {
		return nil, unix.ENOENT
	}
	e.dropFirst()
	e.front = append([]string{e.program.path}, e.front...)
	if argument != "" {
		e.front = append([]string{argument}, e.front...)
	}
	e.front = append([]string{interpreter}, e.front...)
	return open(interpreter)
}

// follow does what load_misc_binary of fs/binfmt_misc.c does.
func (e *execution) follow(r *Rule, open func(string) (*file, unix.Errno)) (*file, unix.Errno) {
	e.followed, e.keeps = true, r.Has('P')
	if e.program.hidden {
		return nil, unix.ENOENT
	}
	if !e.keeps {
		e.dropFirst()
	}
	if e.opened == nil && (r.Has('O') || r.Has('C')) {
		e.opened = e.program
	}
	e.front = append([]string{r.Interpreter, e.program.path}, e.front...)
	if r.Opened < 0 {
		return open(r.Interpreter)
	}
	f := &file{fd: r.Opened, path: r.Interpreter, borrows: true}
	f.read()
	return f, 0
}

// dropFirst takes the first argument away (remove_arg_zero of fs/exec.c).
func (e *execution) dropFirst() {
	if len(e.front) > 0 {
		e.front = e.front[1:]
		return
	}
	e.drops = true
}

func (e *execution) proceed(next *file) {
	if e.program != e.opened {
		e.program.close()
	}
	e.program = next
}

// match is the rule that the kernel would take, which looks at the one first that was given last.
func match(rules []Rule, f *file) *Rule {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].Matches(f.start[:], f.path) {
			return &rules[i]
		}
	}
	return nil
}

// read reads the start of the file.
func (f *file) read() { _, _ = unix.Pread(f.fd, f.start[:], 0) } // what is missing counts as NUL
