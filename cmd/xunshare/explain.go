package main

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/xunshare/xunshare/internal/doctor"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

// explain adds to the error of a launch what can be found out about it now. Nothing is looked up
// before a failure.
func explain(err error, o *resolved, f *Facts) error {
	var failed *verb.Error
	var hints []string
	if errors.As(err, &failed) {
		if failed.Operation == execve {
			return explainExec(failed, o, f)
		}
		hints = append(explainFilter(failed), explainName(failed)...)
	}
	if len(hints) == 0 {
		hints = doctor.Explain(&o.NS, err)
	}
	if len(hints) == 0 {
		hints = o.explainFull(err)
	}
	if len(hints) == 0 && isMachines(err) {
		hints = []string{"xunshare --doctor tells what this machine lacks"}
	}
	return remedy.Wrap(err, hints...)
}

// isMachines tells whether an error is about what this machine refuses, and not about what was
// asked for.
func isMachines(err error) bool {
	var helper *verb.HelperError
	var failed *verb.Error
	if errors.As(err, &failed) {
		switch failed.Errno {
		case syscall.EPERM, syscall.EUSERS, syscall.ENOSYS, syscall.ENODEV:
			return true
		}
	}
	return errors.As(err, &helper)
}

// explainFull is for a layer that keeps changes: a path in the root does not tell where the disk
// is.
func (o *resolved) explainFull(err error) []string {
	if !errors.Is(err, syscall.ENOSPC) || o.UpperDir == "" {
		return nil
	}
	return []string{"the file system of " + o.UpperDir + ", where --ephemeral keeps the changes, is full: make room there, or name another directory"}
}

// explainName is for a host name, which a namespace of its own may not suffice to set.
func explainName(failed *verb.Error) []string {
	name, ok := failed.Step.Call.(verb.Hostname)
	if !ok || !errors.Is(failed, fs.ErrPermission) {
		return nil
	}
	return []string{"the seccomp filter of a container engine forbids it: leave out --hostname=" + name.Name + " (with --into write --hostname=), " +
		"or start the container with --cap-add=SYS_ADMIN"}
}

// explainExec says why the target did not start.
func explainExec(failed *verb.Error, o *resolved, f *Facts) error {
	if o.enters() != "" && !o.NS.Child() {
		o.in = inside.Root{Dir: o.lookIn, Entered: true}
	}
	x := failedExec{o: o, failed: failed, name: f.Target.Argv[0], file: o.firstThere(f.Target.Candidates), rules: f.Rules.Loaded}
	if len(o.Program) == 0 {
		x.name = f.Target.Candidates[0]
	}
	x.name = cmp.Or(x.name, `""`)
	if o.Root != "" {
		x.where = " in " + o.Root
	}
	switch {
	case !hasProc() && !o.in.Entered: // which tells what is there
		return remedy.Wrap(x.say("%s: cannot be run%s: %v", x.name, x.where, failed.Errno),
			"/proc is not mounted here, so xunshare cannot tell more: mount -t proc proc /proc")
	case failed.Errno == syscall.ENOENT && x.file == "":
		return x.notThere(f)
	case failed.Errno == syscall.ENOENT:
		return x.noInterpreter(rules.Inspect(&o.in, x.file))
	case failed.Errno == syscall.ENOEXEC:
		return x.badFormat(failed.Path)
	case failed.Errno == syscall.EACCES && x.file != "":
		return x.denied()
	case failed.Errno == syscall.ELOOP && x.file != "":
		return x.inCircles(rules.Inspect(&o.in, x.file))
	}
	if err := x.onNoExec(failed.Path); failed.Errno == syscall.EACCES && err != nil {
		return err
	}
	return remedy.Wrap(x.say("%s: cannot be run%s: %v", x.name, x.where, failed.Errno), searched(f)...)
}

// notThere is for a program that none of the candidates is.
func (x *failedExec) notThere(f *Facts) error {
	if x.withoutShell() {
		return remedy.Wrap(x.say("%s has no shell that can be run", x.o.Root), x.startsWith())
	}
	return remedy.Wrap(x.say("%s: there is no such program%s", x.name, x.where), slices.Concat(quoted(x.name), searched(f), x.fromShell())...)
}

// firstThere is the first of the files that exists where the target sees it; "" if none does.
func (o *resolved) firstThere(files []string) string {
	for _, file := range files {
		if _, err := o.in.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// searched names the places of a PATH search.
func searched(f *Facts) []string {
	if len(f.Target.Candidates) < 2 {
		return nil
	}
	hint := "PATH leads to"
	for _, file := range f.Target.Candidates {
		hint += " " + path.Dir(file)
	}
	return []string{hint}
}

// quoted is for a whole command line in one word.
func quoted(name string) []string {
	if !strings.Contains(name, " ") {
		return nil
	}
	return []string{"to run a program with arguments, put no quotes around all of them: each argument is a word of its own"}
}

// fromShell says where the name of a program comes from that nobody has typed.
func (x *failedExec) fromShell() []string {
	if len(x.o.Program) > 0 {
		return nil
	}
	if shell := x.o.account().shell; shell != x.name {
		return []string{"the variable SHELL names it: name a program, or run the root's own shell with env -u SHELL: " + shell}
	}
	return nil
}

// withoutShell tells whether a shell was meant, whichever the root has, and it has none.
func (x *failedExec) withoutShell() bool {
	if len(x.o.Program) > 0 || x.o.Root == "" {
		return false
	}
	user := x.o.account()
	return user.shell == x.name && x.o.anyShell(user.home) == ""
}

// startsWith says what could be run in a root without a shell.
func (x *failedExec) startsWith() string {
	for _, file := range []string{"/init", "/sbin/init", "/bin/init"} {
		if x.o.cannotRun(file) == "" {
			return "name a program: it has " + file
		}
	}
	return "name a program that it has"
}
