package emulator

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
)

// nearness orders those that do not fit, by how much there is to be done until they do: the highest
// is named.
type nearness uint8

const (
	farOff nearness = iota // a directory, a text, a broken file
	nearForeign
	nearScript
	nearNotExecutable
	nearNoExec
	nearDynamic
)

// reject says why a file that is there will not do, nil if it does.
func (f *finder) reject(file binfmt.Interpreter) (nearness, error) {
	if err := file.Fits(f.host); err != nil {
		return nearnessOf(file), err
	}
	if isScript(file) {
		return nearScript, fmt.Errorf("%s is a script, and would be started by way of %s, not an emulator by itself",
			file.Path, file.Image.Interpreter)
	}
	if f.needStatic && rankOf(file) == rankDynamic {
		return nearDynamic, fmt.Errorf("%s is dynamically linked: its loader %s and its libraries would be looked up inside the root",
			file.Path, file.Image.ELF.Interp)
	}
	return farOff, nil
}

func nearnessOf(file binfmt.Interpreter) nearness {
	switch {
	case file.Err != nil || !file.Mode.IsRegular():
		return farOff
	case file.NoExec:
		return nearNoExec
	case !file.Executable:
		return nearNotExecutable
	case file.Image != nil && file.Image.Kind == binfmt.KindELF:
		return nearForeign
	}
	return farOff
}

func isScript(file binfmt.Interpreter) bool {
	return file.Image != nil && file.Image.Kind == binfmt.KindScript
}

// missing tells errors that say that there is no such file from those that stand in the way of one.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}

// notFound is the error of a search that found nothing that fits.
func (f *finder) notFound() error {
	install, other := f.search.Install(f.arch), "or name one with --emulator="+f.arch.Name+"=PATH"
	if f.rejected == nil {
		return remedy.Wrap(fmt.Errorf("no emulator for %s was found", f.arch.Name), install, other)
	}
	// Fits says what helps with a file that a user has named; only for these two it is less than an
	// installation.
	var own []string
	if f.nearness == nearNoExec || f.nearness == nearNotExecutable {
		own = remedy.Hints(f.rejected)
	}
	return remedy.Wrap(fmt.Errorf("no emulator for %s was found that can be used: %s", f.arch.Name, f.rejected),
		append(own, install, other)...)
}

func givenError(g Given, err error) error {
	return fmt.Errorf("the emulator given for %s: %w", g.Arch.Name, err)
}
