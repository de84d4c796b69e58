package main

import (
	"errors"
	"fmt"
	"path"
	"syscall"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/remedy"
)

// explain adds to the error of a launch what can be found out about it now. Nothing is looked up before a failure.
func explain(err error, o *Options, f *Facts) error {
	var failed *launch.Error
	if !errors.As(err, &failed) {
		return err
	}
	if failed.Operation == execve {
		return explainExec(failed, o, f)
	}
	for _, hints := range [][]string{
		o.NS.Explain(failed),
		binfmt.Explain(failed),
		chroot.Explain(failed, o.NS.OwnPIDs()),
	} {
		if len(hints) > 0 {
			return remedy.Wrap(err, hints...)
		}
	}
	return err
}

// explainExec says why the target did not start.
func explainExec(failed *launch.Error, o *Options, f *Facts) error {
	name := f.Target.Argv[0]
	if len(o.Program) == 0 {
		name = f.Target.Candidates[0]
	}
	where := ""
	if o.Root != "" {
		where = " in " + o.Root
	}
	say := func(format string, args ...any) error {
		return &execError{fmt.Sprintf(format, args...), failed}
	}
	image := o.inspect(failed.Path)
	switch {
	case failed.Errno == syscall.ENOENT && image == nil:
		return remedy.Wrap(say("%s: there is no such program%s", name, where), searched(f)...)
	case failed.Errno == syscall.ENOENT:
		return o.explainInterpreter(say, name, where, image)
	case failed.Errno == syscall.ENOEXEC:
		return o.explainFormat(say, name, image)
	}
	return say("%s: cannot be run%s: %v", name, where, failed.Errno)
}

// execError is a failed execve in words of its own.
type execError struct {
	sentence string
	cause    *launch.Error
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

// explainInterpreter is for a file that is there and still was not found: what it needs to be run is missing.
func (o *Options) explainInterpreter(say func(string, ...any) error, name, where string, image *binfmt.Image) error {
	switch {
	case image.Kind == binfmt.KindScript && o.inspect(image.Interpreter) == nil:
		return say("%s: is a script for %s, which is not there%s", name, image.Interpreter, where)
	case image.ELF != nil && image.ELF.Interp != "" && o.inspect(image.ELF.Interp) == nil:
		return remedy.Wrap(say("%s: needs the program loader %s, which is not there%s", name, image.ELF.Interp, where),
			"use a statically linked program, or put its loader and libraries into the tree")
	}
	return remedy.Wrap(say("%s: is there, but what runs it is not found%s", name, where),
		"a rule without flag F looks for its emulator in the root; a dynamic emulator looks for its loader there")
}

// maxScripts is how many scripts may stand in a row before the kernel gives up (exec_binprm in fs/exec.c).
const maxScripts = 5

// explainFormat is for a file that the kernel does not know how to execute.
func (o *Options) explainFormat(say func(string, ...any) error, name string, image *binfmt.Image) error {
	for depth := 0; image != nil && image.Kind == binfmt.KindScript && depth < maxScripts; depth++ {
		name, image = image.Interpreter, o.inspect(image.Interpreter)
	}
	if image == nil || image.ELF == nil {
		return say("%s: is not a program that this kernel can execute", name)
	}
	arch := image.ELF.Arch()
	if arch == nil {
		return say("%s: is a program for a machine that xunshare does not know (ELF machine %d)", name, image.ELF.Machine)
	}
	if arch.RunsOn(binfmt.Host()) {
		return say("%s: the kernel refuses to execute it", name)
	}
	emulator := "/usr/bin/qemu-" + arch.Name + "-static"
	return remedy.Wrap(say("%s: is a program for %s, and no rule runs it here", name, arch.Name),
		fmt.Sprintf("load one: --load-binfmt '%s'", arch.Rule(emulator, "OCF")))
}
