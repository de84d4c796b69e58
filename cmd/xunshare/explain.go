package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/xunshare/xunshare/internal/binfmt"
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

// explainFull is for a layer that keeps changes: a path in the root does not tell where the disk is.
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

// failedExec is an execve that failed, for its explanation.
type failedExec struct {
	o           *resolved
	failed      *verb.Error
	name, where string // the program as it was asked for; " in ROOT"
	file        string // what is there of that name; "" for nothing
	rules       []*binfmt.Rule
}

// isRelative tells whether an emulator is looked up elsewhere each time that a program is run.
func isRelative(r *binfmt.Rule) bool { return !r.Has('F') && !path.IsAbs(r.Interpreter) }

func (x *failedExec) say(format string, args ...any) error {
	return &execError{fmt.Sprintf(format, args...), x.failed}
}

// execError is a failed execve in words of its own.
type execError struct {
	sentence string
	cause    *verb.Error
}

func (e *execError) Error() string { return e.sentence }
func (e *execError) Unwrap() error { return e.cause }

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

// denied is for a file that may not be executed.
func (x *failedExec) denied() error {
	info, err := x.o.in.Stat(x.file)
	switch {
	case err == nil && info.IsDir():
		return x.isDirectory()
	case err == nil && !info.Mode().IsRegular():
		return x.say("%s: is not a regular file, so it is no program", x.file)
	case err == nil && info.Mode().Perm()&0o111 == 0:
		return remedy.Wrap(x.say("%s: is not executable (mode %#o)", x.file, info.Mode().Perm()), "chmod +x "+x.o.in.Outside(x.file))
	}
	if err := x.onNoExec(x.file); err != nil {
		return err
	}
	return remedy.Wrap(x.say("%s: may not be executed by you%s", x.file, x.where),
		"check its permissions, and for a script those of its interpreter")
}

func (x *failedExec) isDirectory() error {
	err := x.say("%s: is a directory, not a program", x.file)
	if x.o.Root != "" {
		return err
	}
	return remedy.Wrap(err, "--into="+x.name+" would enter it, if it is a tree")
}

// inCircles is for a script whose interpreters are scripts again, until the kernel gives up.
func (x *failedExec) inCircles(image *binfmt.Image) error {
	if image != nil && image.Interpreter == x.file {
		return x.say("%s: is a script that names itself as its interpreter%s", x.file, x.where)
	}
	return x.say("%s: is a script whose interpreter is a script in its turn, more often than the kernel allows%s", x.file, x.where)
}

// noInterpreter explains why a file that exists was not found: a program that it needs is missing.
func (x *failedExec) noInterpreter(image *binfmt.Image) error {
	switch {
	case image == nil:
	case image.Kind == binfmt.KindScript && strings.HasSuffix(image.Interpreter, "\r"):
		return remedy.Wrap(x.say("%s: is a script for %s, which is not there%s", x.file, image.Interpreter, x.where),
			`the line ends with a carriage return (Windows line ends): sed -i 's/\r$//' `+x.o.in.Outside(x.file))
	case image.Kind == binfmt.KindScript && rules.Inspect(&x.o.in, image.Interpreter) == nil:
		return x.say("%s: is a script for %s, which is not there%s", x.file, image.Interpreter, x.where)
	case image.ELF != nil && image.ELF.Interp != "" && rules.Inspect(&x.o.in, image.ELF.Interp) == nil:
		return remedy.Wrap(x.say("%s: needs the program loader %s, which is not there%s", x.file, image.ELF.Interp, x.where),
			"use a statically linked program, or put its loader and libraries into the tree")
	}
	hint := "the emulator of a rule without flag F is looked up in the root, and so is the loader of a dynamic emulator"
	if slices.ContainsFunc(x.rules, isRelative) {
		hint = "a rule names its emulator by a relative path, which starts at the program's working directory: write an absolute path"
	}
	return remedy.Wrap(x.say("%s: is there, but what runs it is not found%s", x.file, x.where), hint)
}

// isClosed tells whether a file that may be executed may not be read.
func (x *failedExec) isClosed(file string) bool {
	f, err := x.o.in.Read(file)
	if err == nil {
		f.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}

// badFormat is for a file that the kernel does not know how to execute.
func (x *failedExec) badFormat(file string) error {
	name, image := rules.Behind(&x.o.in, file)
	closed := image == nil && x.isClosed(name)
	if name == file {
		name = x.name
	}
	if closed {
		return remedy.Wrap(x.say("%s: you may not read it, so xunshare cannot tell which architecture it is for", name),
			"name the architecture: --arch=arm64, for example")
	}
	if image == nil || image.ELF == nil {
		return x.say("%s: is not a program that this kernel can execute", name)
	}
	arch := image.ELF.Arch()
	switch {
	case arch == nil:
		return x.say("%s: is a program for %s", name, image.ELF.Unknown())
	case arch.RunsHere():
		return x.say("%s: the kernel refuses to execute it", name)
	}
	return remedy.Wrap(x.say("%s: is a program for %s, and no rule runs it here", name, arch.Name), x.addArch(arch)...)
}

// addArch says how a program for an architecture can be run.
func (x *failedExec) addArch(arch *binfmt.Arch) []string {
	switch {
	case x.o.traces:
		return []string{"it could not be run by tracing, because another filter of system calls has a listener already, or because another program traces it"}
	case x.o.Foreign.None:
		return []string{"--arch=none is for exactly that"}
	case x.o.Foreign.Asked:
		return []string{"add it: --arch=" + x.o.archesWith(arch.Name)}
	}
	return []string{"let an emulator run it: --arch=auto"}
}

// archesWith is the argument of --arch with one more name.
func (o *resolved) archesWith(name string) string {
	var names []string
	if o.Foreign.Auto || o.Foreign.All { // "all" stands alone
		names = append(names, "auto")
	}
	for _, a := range o.Foreign.Arches {
		names = append(names, a.Name)
	}
	return strings.Join(append(names, name), ",")
}
