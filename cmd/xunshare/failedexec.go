package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

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

// denied is for a file that may not be executed.
func (x *failedExec) denied() error {
	info, err := x.o.in.Stat(x.file)
	switch {
	case err == nil && info.IsDir():
		return x.isDirectory()
	case err == nil && !info.Mode().IsRegular():
		return x.say("%s: is not a regular file, so it is no program", x.file)
	case err == nil && info.Mode().Perm()&0o111 == 0:
		return remedy.Wrap(x.say("%s: is not executable (mode %#o)", x.file, info.Mode().Perm()), "chmod +x "+x.outside())
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
			`the line ends with a carriage return (Windows line ends): sed -i 's/\r$//' `+x.outside())
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

// outside is what the caller calls the file.
func (x *failedExec) outside() string {
	if x.o.in.Entered {
		return x.o.Root + x.file
	}
	name, _ := x.o.in.Outside(x.file)
	return name
}

// onNoExec names the mount that keeps a file, or what loads or interprets it, from being executed;
// nil if none does.
func (x *failedExec) onNoExec(file string) error {
	files := []string{file}
	if image := rules.Inspect(&x.o.in, file); image != nil {
		files = append(files, image.Interpreter)
		if image.ELF != nil {
			files = append(files, image.ELF.Interp)
		}
	}
	for _, needed := range slices.DeleteFunc(files, func(name string) bool { return name == "" }) {
		root, at := x.o.in.Root, x.o.in.Path(needed)
		if name, shown := x.o.in.Outside(needed); shown {
			root, at = "", name
		}
		if mount, found := inside.NoExec(root, at); found {
			return x.noExec(file, needed, mount, root == "")
		}
	}
	return nil
}

func (x *failedExec) noExec(file, needed, mount string, host bool) error {
	needs := ""
	if needed != file {
		needs = " needs " + needed + ", which"
	}
	hints := []string{"allow it: sudo mount -o remount,exec " + mount + "; or copy it to another file system"}
	if !host {
		hints = append(hints, "or add --ephemeral: its layer over the tree is not mounted noexec; --ephemeral=DIR keeps the changes")
	}
	return remedy.Wrap(x.say("%s:%s is on %s, which is mounted noexec, so nothing there can be executed", file, needs, mount), hints...)
}
