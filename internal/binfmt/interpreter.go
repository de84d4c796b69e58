package binfmt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
)

// Interpreter is what was found where a rule has its interpreter.
type Interpreter struct {
	Path       string
	Mode       fs.FileMode
	Executable bool   // access(2) with X_OK: by whoever looked, on that mount
	NoExec     bool   // the mount is noexec
	Image      *Image // nil if it cannot be read, which need not be wrong: mode 0111 is enough to run it
	Err        error  // from opening it, or because its ELF headers are broken
}

// ReadInterpreter finds out about the emulator at path. open resolves path, on the host or inside a
// root; the file it returns may be open with O_PATH, and is closed here. /proc must be mounted.
func ReadInterpreter(open func(path string) (*os.File, error), path string) Interpreter {
	e := Interpreter{Path: path}
	f, err := open(path)
	if err != nil {
		e.Err = err
		return e
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		e.Err = err
		return e
	}
	e.Mode = info.Mode()
	if !e.Mode.IsRegular() {
		return e // opening a device or a fifo does things
	}
	// What O_PATH gave can be neither read nor accessed by its descriptor; proc(5) has a link that
	// can.
	link := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	e.Executable = unix.Access(link, unix.X_OK) == nil
	var mount unix.Statfs_t
	e.NoExec = unix.Fstatfs(int(f.Fd()), &mount) == nil && mount.Flags&unix.ST_NOEXEC != 0
	e.Image, e.Err = inspectFile(link)
	return e
}

// inspectFile returns no image and no error for a file that may not be read. It does without
// os.Open, which starts the poller of the Go runtime.
func inspectFile(path string) (*Image, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	return Inspect(f)
}

// Check says why e cannot be the interpreter of r, nil if nothing speaks against it.
//
// A nil host leaves out whether its kernel runs the emulator. rootHas tells whether the root to be
// entered has a file, and is nil if none is entered; hostHas tells so for the host, or is nil. With
// flag F the emulator is looked up on the host, when the rule is written; without it, inside the
// root, by each execve(2). What it needs besides (a dynamic loader, the #! interpreter of a script)
// is looked up inside the root in any case.
func (e Interpreter) Check(r *Rule, host *Arch, rootHas, hostHas func(path string) bool) error {
	where := fmt.Sprintf("rule %s: emulator %s", quote(r.Name), e.Path)
	inRoot := rootHas != nil && !r.Has('F')
	switch {
	case errors.Is(e.Err, fs.ErrNotExist), errors.Is(e.Err, unix.ENOTDIR):
		return e.missing(where, inRoot, hostHas)
	case e.Err != nil:
		return fmt.Errorf("%s: %w", where, cause(e.Err))
	}
	return e.check(where, host, rootHas)
}

// Fits says why e, which is there, cannot be the interpreter of any rule, nil if nothing speaks
// against it. A nil host leaves out whether its kernel runs the emulator.
func (e Interpreter) Fits(host *Arch) error {
	if e.Err != nil {
		return fmt.Errorf("%s: %w", e.Path, cause(e.Err))
	}
	return e.check(e.Path, host, nil)
}

// check judges what could be opened.
func (e Interpreter) check(where string, host *Arch, rootHas func(string) bool) error {
	switch {
	case !e.Mode.IsRegular():
		return remedy.Errorf("name the program itself", "%s is %s, not a program", where, fileType(e.Mode))
	case !e.Executable:
		return e.notExecutable(where)
	case e.Image == nil:
		return nil
	}
	return e.checkImage(where, host, rootHas)
}

// missing is the error for an emulator that is not there. What to do depends on where it was looked
// up.
func (e Interpreter) missing(where string, inRoot bool, hostHas func(string) bool) error {
	switch {
	case !inRoot && !filepath.IsAbs(e.Path):
		return remedy.Wrap(fmt.Errorf("%s: %w in the working directory", where, cause(e.Err)),
			"write its absolute path: PATH is not searched for the emulators of rules")
	case !inRoot:
		return remedy.Wrap(fmt.Errorf("%s: %w", where, cause(e.Err)),
			"install it (QEMU: package qemu-user-static on Ubuntu and Debian up to 12, qemu-user on later ones)")
	case hostHas != nil && hostHas(e.Path):
		return remedy.Wrap(fmt.Errorf("%s: %w inside the root, where it is looked up without flag F", where, cause(e.Err)),
			"the host has "+e.Path+"; to use that one add F to the flags of the rule")
	}
	return remedy.Wrap(fmt.Errorf("%s: %w inside the root, where it is looked up without flag F", where, cause(e.Err)),
		"with F among the flags of the rule the emulator of the host is used")
}

// notExecutable tells the three ways apart in which access(2) refuses.
func (e Interpreter) notExecutable(where string) error {
	switch {
	case e.NoExec:
		return remedy.Errorf("copy it to a file system that is mounted without noexec",
			"%s is on a file system mounted noexec", where)
	case e.Mode.Perm()&0o111 == 0:
		return remedy.Errorf("chmod +x "+e.Path, "%s is not executable (mode %#o)", where, e.Mode.Perm())
	}
	return remedy.Errorf("its owner has to allow it; or use a copy of your own",
		"%s is not executable by you (mode %#o)", where, e.Mode.Perm())
}

// checkImage judges a program that could be read.
func (e Interpreter) checkImage(where string, host *Arch, rootHas func(string) bool) error {
	switch e.Image.Kind {
	case KindELF:
		if err := checkArch(where, e.Image.ELF, host); err != nil {
			return err
		}
		return checkLoader(where, e.Image.ELF.Interp, rootHas)
	case KindScript:
		return checkScript(where, e.Image.Interpreter, rootHas)
	}
	return remedy.Errorf("name the emulator itself", "%s is %s, not a program", where, e.Image.Kind)
}

func checkArch(where string, h *Header, host *Arch) error {
	if host == nil {
		return nil
	}
	a := h.Arch()
	if a != nil && a.RunsOn(host) {
		return nil
	}
	name := fmt.Sprintf("an unknown architecture (class %d, machine %d)", h.Class, h.Machine)
	if a != nil {
		name = a.Name
	}
	return remedy.Errorf("an emulator has to be a program for "+host.Name+" itself, whatever it emulates",
		"%s is a program for %s, this machine is %s", where, name, host.Name)
}

func checkLoader(where, loader string, rootHas func(string) bool) error {
	if loader == "" || rootHas == nil || rootHas(loader) {
		return nil
	}
	return remedy.Wrap(
		fmt.Errorf("%s is dynamically linked: its loader %s is looked up inside the root, which does not have it", where, loader),
		"use a static one: /usr/bin/qemu-...-static of package qemu-user-static on Ubuntu and Debian up to 12; "+
			"on later ones the qemu-user package is static")
}

func checkScript(where, interpreter string, rootHas func(string) bool) error {
	if rootHas == nil || rootHas(interpreter) {
		return nil
	}
	return remedy.Errorf("name the emulator itself instead of a script that calls it; its options can go into the environment",
		"%s is a script: its interpreter %s is looked up inside the root, which does not have it", where, interpreter)
}

// cause drops the path and the operation that package os adds: the sentence has them.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

func fileType(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeNamedPipe != 0:
		return "a fifo"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link" // O_PATH|O_NOFOLLOW
	}
	return "no regular file"
}
