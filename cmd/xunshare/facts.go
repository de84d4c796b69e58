package main

import (
	"os"
	"path"
	"slices"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/verb"
)

// Facts is what is so on this machine as far as the plan depends on it.
type Facts struct {
	NS     ns.Facts
	Root   chroot.Facts
	IDs    string // "subids", "all" (of root) or "single", where that was left to xunshare
	Apt    bool   // apt needs to be told that ids are faked
	Rules  ruleFacts
	Notes  []string // what --verbose says
	Filter filterFacts
	Target verb.Exec
	Dir    string // the caller's working directory
	Home   string // of the user in the tree, with --into
}

// gather finds the facts out, once and before anything changes, and refuses what they rule out. Where o leaves something
// to them, they complete it.
func gather(o *Options) (f Facts, err error) {
	root, closeView, err := o.lookAtRoot()
	if err != nil {
		return f, err
	}
	defer closeView()
	f.Root = root
	if err = o.chooseRoot(); err != nil {
		return f, err
	}
	f.Target = target(o, o.environment())
	f.Target.NullOpen = o.loads()
	if f.Rules, err = o.lookAtRules(f.Target.Candidates); err != nil {
		return f, err
	}
	o.lookForLoader(&f)
	o.NS.NeedsRoot = len(f.Rules.Loaded)+len(f.Rules.Kept) > 0 // binfmt_misc's register file is root's
	if f.NS, err = o.NS.Look(); err != nil {
		return f, err
	}
	o.chooseIDs(&f)
	o.describeTerminal(&f)
	o.prepareInto(&f)
	if f.Apt = o.configuresApt(); f.Apt {
		f.Target.Env = withDefault(f.Target.Env, aptVariable, aptFile)
	}
	if o.Into || o.mounts() {
		f.Dir = workingDirectory()
	}
	if o.Into {
		_, f.Home, _ = o.account()
	}
	tree := o.tree(&f)
	if err = tree.Survey(&f.Root); err == nil {
		f.Filter, err = lookAtFilter(o, &f)
	}
	f.Notes = slices.Concat(f.Rules.Notes, f.Notes, f.Root.Notes)
	return f, err
}

// judge says why the emulator of a rule cannot work, nil if nothing speaks against it.
func (o *Options) judge(r *binfmt.Rule) error {
	root := o.Root
	var inRoot func(path string) bool
	if root != "" {
		inRoot = func(path string) bool { return chroot.Exists(o.seen(), path) }
	}
	if r.Has('F') {
		root = "" // the kernel opens it on the host, while the rule is written
	} else if !path.IsAbs(r.Interpreter) {
		return nil // relative to whoever runs a program, then
	}
	onHost := func(path string) bool { return chroot.Exists("", path) }
	if err := lookAt(root, r.Interpreter).Check(r, binfmt.Host(), inRoot, onHost); err != nil {
		return err
	}
	return o.matchesItself(root, r)
}

// matchesItself is the error of a rule that matches its own interpreter, or what runs that if it is a script: the kernel would
// look for the interpreter's interpreter, and so on, until it gives up (ELOOP).
func (o *Options) matchesItself(root string, r *binfmt.Rule) error {
	file := r.Interpreter
	for range maxScripts {
		image, start := begin(root, file)
		if image == nil {
			return nil
		}
		if r.Matches(start, file) {
			return remedy.Errorf("make its magic or its mask match less; to emulate programs of this machine's own architecture: --cpu, or --emulator=ARCH=FILE",
				"rule %s matches its own interpreter, %s, and so could run nothing", r.Name, chain(r.Interpreter, file))
		}
		if image.Kind != binfmt.KindScript || !path.IsAbs(image.Interpreter) {
			return nil
		}
		file, root = image.Interpreter, o.seen() // with flag F too: that is for the script alone
	}
	return nil
}

// begin is what a file is, and its start; nil if it cannot be read.
func begin(root, file string) (*binfmt.Image, []byte) {
	f, err := chroot.Read(root, file)
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

// lookAt looks at an emulator inside a root.
func lookAt(root, file string) binfmt.Emulator {
	return binfmt.Look(func(path string) (*os.File, error) { return chroot.Open(root, path) }, file)
}
