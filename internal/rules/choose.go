// Package rules decides which rules of binfmt_misc a launch loads, and with which emulators: what
// --arch, --load-binfmt and the options beside them mean on this machine, for this tree and this
// program.
//
// Not for: what a rule is and whether the kernel takes it (package binfmt), finding emulators
// (package emulator), and loading.
package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/native"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/rulefile"
)

// A Choice is which rules a launch loads here.
type Choice struct {
	Traced    bool           // they are followed by a tracer, and there is no instance
	Instance  bool           // the user namespace gets an instance of binfmt_misc, and so loses sight of the host's
	Kept      []*binfmt.Rule // the host's rules, which may fail
	Loaded    []*binfmt.Rule // ours; of two rules that match, the one loaded last wins
	Native    *native.Choice // programs of the tree that are not emulated; nil where none were asked for
	Companion bool           // what runs is for the host's 32-bit companion, whose programs this kernel runs itself

	sysroots sysroots       // which directory has the libraries of an architecture
	prefixes []string       // of sysroots that an emulator has to learn from its environment
	others   []*binfmt.Arch // whose emulator is not QEMU
	tree     *binfmt.Arch   // what the tree is for, with --arch=auto; nil if that is not known
}

// A chooser makes a choice.
type chooser struct {
	*cmdline.Options
	in    *inside.Root
	files []string // what the program's name may stand for
	notes *notes.Notes
	Choice
}

// Choose turns what is asked about architectures into rules. files are what the program's name may
// stand for, env is its environment, which is returned with what an emulator has to learn from it.
// With traced the rules are those of a tracer, for what the kernel is not to follow, or cannot.
func Choose(asked *cmdline.Options, in *inside.Root, files, env []string, traced bool, told *notes.Notes) (Choice, []string, error) {
	c := chooser{Options: asked, in: in, files: files, notes: told}
	c.Traced = traced
	if !c.Loads() {
		c.Instance = c.Foreign.None
		return c.Choice, env, nil
	}
	if err := c.choose(files); err != nil {
		return c.Choice, env, err
	}
	env = c.complete(env)
	if c.Native != nil {
		env = c.Native.Describe(env)
	}
	c.checkLoader(files, env)
	return c.Choice, env, nil
}

func (c *chooser) choose(files []string) error {
	arches, err := c.wanted(files)
	if err = cmp.Or(err, c.checkNative(arches)); err != nil {
		return err
	}
	host, skipped, err := rulefile.Registered(rulefile.Mounted)
	if err != nil {
		c.notes.Detail("the rules of this system cannot be read: %v", err)
	}
	if c.sysroots, err = c.chooseSysroots(arches); err != nil {
		return err
	}
	if c.servedByHost(arches, host) {
		c.notes.Detail("the rules of this system suffice for %s", nameAll(arches))
		return nil
	}
	if err := c.load(arches); err != nil {
		return err
	}
	c.Traced = c.Traced && len(c.Loaded) > 0
	c.Instance = len(c.Loaded) > 0 && !c.Traced
	if c.Instance && !c.Foreign.HideHost {
		c.keep(host, skipped)
	}
	return binfmt.CheckSet(c.Loaded)
}

// load collects the rules that were asked for, in their order.
func (c *chooser) load(arches []*binfmt.Arch) (err error) {
	if c.Loaded, err = c.archRules(c.companion(arches)); err != nil {
		return err
	}
	for _, more := range [...]func() ([]*binfmt.Rule, error){c.fileRules, c.writtenRules} {
		rules, err := more()
		if err != nil {
			return err
		}
		c.Loaded = slices.Concat(c.Loaded, rules)
	}
	return nil
}

// wanted lists the architectures that need a rule. The host's own need none, unless an emulator or
// a CPU was named.
func (c *chooser) wanted(files []string) ([]*binfmt.Arch, error) {
	asked := c.Foreign.Arches
	switch {
	case c.Foreign.All:
		return slices.DeleteFunc(binfmt.Arches(), func(a *binfmt.Arch) bool { return a.RunsHere() && !c.emulates(a) }), nil
	case c.Foreign.Auto:
		found, err := c.detect(files)
		if err != nil {
			return nil, err
		}
		found = append(found, c.besides(c.tree)...)
		c.notes.Detail("--arch=auto: %s", nameAll(found))
		asked = append(found, asked...)
	}
	if slices.ContainsFunc(asked, c.isCompanion) {
		c.Companion = c.runsCompanion(files)
	}
	var wanted []*binfmt.Arch
	for i, a := range asked {
		switch {
		case slices.Contains(asked[:i], a):
		case a.RunsHere() && !c.emulates(a):
			c.notes.Detail("%s runs here without an emulator", a.Name)
		default:
			wanted = append(wanted, a)
		}
	}
	return wanted, nil
}

// emulates tells whether programs of an architecture that the host runs itself are to be emulated
// all the same.
func (c *chooser) emulates(a *binfmt.Arch) bool {
	return c.Foreign.CPU || c.names(a)
}

// names tells whether an emulator was named for an architecture.
func (c *chooser) names(a *binfmt.Arch) bool {
	return slices.ContainsFunc(c.Foreign.Emulators, func(g emulator.Given) bool { return g.Arch == a })
}

// search is for the emulators of architectures.
func (c *chooser) search(asked []*binfmt.Arch) (*emulator.Search, error) {
	return emulator.Searching(environ.Get("PATH"), c.Foreign.Emulators, asked)
}

// archRules makes the rules of architectures, with the emulators that are found.
func (c *chooser) archRules(arches []*binfmt.Arch) (rules []*binfmt.Rule, err error) {
	search, err := c.search(arches)
	if err != nil {
		return nil, err
	}
	for _, g := range search.Given {
		if !slices.Contains(arches, g.Arch) {
			c.notes.Detail("%s is not needed: nothing asks for %s", g.Path, g.Arch.Name)
		}
	}
	for _, a := range arches {
		found, err := search.Find(a, c.Root != "")
		if err != nil && c.Foreign.All && !c.names(a) {
			continue
		}
		if err != nil {
			return nil, err
		}
		made, err := c.rulesWith(found, c.flags(found))
		if err != nil {
			return nil, err
		}
		rules = append(rules, made...)
	}
	return rules, nil
}

// flags are those of the rules for an emulator, of which the user is told.
func (c *chooser) flags(e *emulator.Emulator) string {
	flags := e.Flags(!c.Foreign.NoSetuid && !c.NoNewPrivs)
	c.notes.Detail("%s: %s %s, flags %s: %s", e.Arch.Name, e.Kind, e.Version.Text, flags, e.Path)
	if !e.HasCPUInfo() {
		c.notes.Detail("with it, /proc/cpuinfo is still this machine's: --ro-bind=FILE:/proc/cpuinfo shows another")
	}
	return flags
}

func nameAll(arches []*binfmt.Arch) string {
	names := make([]string, len(arches))
	for i, a := range arches {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}
