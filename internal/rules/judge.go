package rules

import (
	"os"
	"path"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/remedy"
)

// judge says why the emulator of a rule cannot work, nil if nothing speaks against it.
func (c *chooser) judge(r *binfmt.Rule) error {
	root := c.Root
	var inRoot func(path string) bool
	if root != "" {
		inRoot = func(path string) bool { return c.in.Exists(path) }
	}
	if r.Has('F') {
		root = "" // the kernel opens it on the host, while the rule is written
	} else if !path.IsAbs(r.Interpreter) {
		return nil // relative to whoever runs a program, then
	}
	onHost := func(path string) bool { return inside.Exists("", path) }
	if err := interpreterAt(root, r.Interpreter).Check(r, binfmt.Host(), inRoot, onHost); err != nil {
		return err
	}
	return c.matchesItself(root, r)
}

// matchesItself is the error of a rule that matches its own interpreter, or what runs that if it is
// a script: the kernel would look for the interpreter's interpreter, and so on, until it gives up
// (ELOOP).
func (c *chooser) matchesItself(root string, r *binfmt.Rule) error {
	file := r.Interpreter
	for range maxScripts {
		image, start := begin(root, file)
		if image == nil {
			return nil
		}
		if r.Matches(start, file) {
			return remedy.Errorf("make its magic or its mask more specific; to emulate programs of this machine's own architecture: --cpu, or --emulator=ARCH=FILE",
				"rule %s matches its own interpreter, %s, and so could run nothing", r.Name, chain(r.Interpreter, file))
		}
		if image.Kind != binfmt.KindScript || !path.IsAbs(image.Interpreter) {
			return nil
		}
		file, root = image.Interpreter, c.in.Seen() // with flag F too: that is for the script alone
	}
	return nil
}

// begin is what a file is, and its start; nil if it cannot be read.
func begin(root, file string) (*binfmt.Image, []byte) {
	f, err := inside.Read(root, file)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	image, _ := binfmt.Inspect(f)
	start := make([]byte, binfmt.Window)
	n, _ := f.ReadAt(start, 0)
	return image, start[:n]
}

func chain(script, interpreter string) string {
	if script == interpreter {
		return script
	}
	return interpreter + " of the script " + script
}

// interpreterAt looks at an emulator inside a root.
func interpreterAt(root, file string) binfmt.Interpreter {
	return binfmt.ReadInterpreter(func(path string) (*os.File, error) { return inside.Open(root, path) }, file)
}
