package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/rulefile"
)

// ruleFacts is which rules a launch loads here, found out before anything changes.
type ruleFacts struct {
	Instance  bool           // the user namespace gets an instance of binfmt_misc, and so loses sight of the host's
	Kept      []*binfmt.Rule // the host's rules, which may fail
	Loaded    []*binfmt.Rule // ours; of two rules that match, the one loaded last wins
	Sysroots  sysroots       // which directory has the libraries of an architecture
	Prefixes  []string       // of Sysroots that an emulator has to learn from its environment
	Others    []*binfmt.Arch // whose emulator is not QEMU
	Companion bool           // what runs is for the host's 32-bit companion, whose programs this kernel runs itself
	Tree      *binfmt.Arch   // what the tree is for, with --arch=auto; nil if that is not known
	Notes     []string       // what --verbose says
}

func (f *ruleFacts) note(format string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
}

// lookAtRules turns what is asked about architectures into rules. files are what the program's name may stand for.
func (o *Options) lookAtRules(files []string) (f ruleFacts, err error) {
	if !o.loads() {
		f.Instance = o.Foreign.None
		return f, nil
	}
	arches, err := o.wanted(files, &f)
	if err != nil {
		return f, err
	}
	host, skipped, err := rulefile.Registered(rulefile.Mounted)
	if err != nil {
		f.note("the rules of this system cannot be read: %v", err)
	}
	if f.Sysroots, err = o.lookAtSysroots(arches, &f); err != nil {
		return f, err
	}
	if o.servedByHost(arches, host, f.Sysroots) {
		f.note("the rules of this system do for %s", nameAll(arches))
		return f, nil
	}
	if f.Loaded, err = o.archRules(o.companion(arches, &f), &f); err != nil {
		return f, err
	}
	fromFiles, err := o.fileRules(&f)
	if err != nil {
		return f, err
	}
	written, err := o.writtenRules(&f)
	if err != nil {
		return f, err
	}
	f.Loaded = slices.Concat(f.Loaded, fromFiles, written)
	f.Instance = len(f.Loaded) > 0
	if f.Instance && !o.Foreign.HideHost {
		o.keep(&f, host, skipped)
	}
	return f, binfmt.CheckSet(f.Loaded)
}

// wanted lists the architectures that need a rule. The host's own need none, unless an emulator or a CPU was named.
func (o *Options) wanted(files []string, f *ruleFacts) ([]*binfmt.Arch, error) {
	asked := o.Foreign.Arches
	switch {
	case o.Foreign.All:
		return slices.DeleteFunc(binfmt.Arches(), func(a *binfmt.Arch) bool { return a.RunsHere() && !o.emulates(a) }), nil
	case o.Foreign.Auto:
		found, err := o.detect(files, f)
		if err != nil {
			return nil, err
		}
		found = append(found, o.others(f.Tree, f)...)
		f.note("--arch=auto: %s", nameAll(found))
		asked = append(found, asked...)
	}
	if slices.ContainsFunc(asked, o.isCompanion) {
		f.Companion = o.runsCompanion(files)
	}
	var wanted []*binfmt.Arch
	for i, a := range asked {
		switch {
		case slices.Contains(asked[:i], a):
		case a.RunsHere() && !o.emulates(a):
			f.note("%s runs here without an emulator", a.Name)
		default:
			wanted = append(wanted, a)
		}
	}
	return wanted, nil
}

// emulates tells whether programs of an architecture that the host runs itself are to be emulated all the same.
func (o *Options) emulates(a *binfmt.Arch) bool {
	return o.Foreign.CPU || o.names(a)
}

// names tells whether an emulator was named for an architecture.
func (o *Options) names(a *binfmt.Arch) bool {
	return slices.ContainsFunc(o.Foreign.Emulators, func(g emulator.Given) bool { return g.Arch == a })
}

// servedByHost tells whether the host's own rules run all that is asked for, as it is asked: then a new instance, which
// hides them, would only take away. Their emulators cannot be told anything.
func (o *Options) servedByHost(arches []*binfmt.Arch, host []*binfmt.Rule, told sysroots) bool {
	if o.Foreign.All || len(arches) == 0 || len(o.Rules)+len(o.Foreign.FromFiles)+len(o.Foreign.Emulators) > 0 {
		return false
	}
	if len(o.Foreign.Env)+len(told) > 0 {
		return false
	}
	for _, a := range arches {
		if !o.hostRuns(a, host) {
			return false
		}
	}
	return true
}

// hostRuns looks for the rule that would take programs of an architecture, and tries it.
func (o *Options) hostRuns(a *binfmt.Arch, host []*binfmt.Rule) bool {
	for _, r := range slices.Backward(host) {
		if !r.Matches(a.Sample(), "") {
			continue
		}
		onlyHere := !r.Has('F') && o.Root != ""
		if a.Name == binfmt.Host().Name || onlyHere || o.Foreign.NoSetuid && r.Has('C') || !o.serves(r) {
			return false
		}
		return a.Runs()
	}
	return false
}

// serves tells whether nothing speaks against a rule that is in force. With flag F the kernel holds the emulator, which
// need not be found where we are: in a tree that xunshare has entered it is not.
func (o *Options) serves(r *binfmt.Rule) bool {
	gone := strings.HasPrefix(r.Interpreter, ownDescriptors) || !chroot.Exists("", r.Interpreter)
	return r.Has('F') && gone || o.judge(r) == nil
}

// search is for the emulators of architectures.
func (o *Options) search(asked []*binfmt.Arch) (*emulator.Search, error) {
	given, err := emulator.Assign(o.Foreign.Emulators, asked)
	return &emulator.Search{Path: os.Getenv("PATH"), Given: given}, err
}

// archRules makes the rules of architectures, with the emulators that are found.
func (o *Options) archRules(arches []*binfmt.Arch, f *ruleFacts) (rules []*binfmt.Rule, err error) {
	search, err := o.search(arches)
	if err != nil {
		return nil, err
	}
	for _, g := range search.Given {
		if !slices.Contains(arches, g.Arch) {
			f.note("%s is not needed: nothing asks for %s", g.Path, g.Arch.Name)
		}
	}
	for _, a := range arches {
		found, err := search.Find(a, o.Root != "")
		switch {
		case err != nil && o.Foreign.All && !o.names(a):
			continue
		case err != nil:
			return nil, err
		}
		flags := found.Flags(!o.Foreign.NoSetuid && !o.NoNewPrivs)
		f.note("%s: %s %s, flags %s: %s", a.Name, found.Kind, found.Version.Text, flags, found.Path)
		if !found.HasCPUInfo() {
			f.note("/proc/cpuinfo is this machine's with it: --ro-bind=FILE:/proc/cpuinfo shows another")
		}
		made, err := o.rulesWith(found, flags, f)
		if err != nil {
			return nil, err
		}
		rules = append(rules, made...)
	}
	return rules, nil
}

// writtenRules are those that were written out.
func (o *Options) writtenRules(f *ruleFacts) (rules []*binfmt.Rule, err error) {
	for _, r := range o.Rules {
		if err := o.judge(r); err != nil {
			return nil, err
		}
		if r, err = o.brief(r, f); err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// fileRules gives rules from files flag F where the emulator can be opened now and needs nothing from the root.
func (o *Options) fileRules(f *ruleFacts) ([]*binfmt.Rule, error) {
	var rules []*binfmt.Rule
	for _, r := range o.Foreign.FromFiles {
		if with := withF(r); with != nil {
			f.note("rule %s: flag F added, since its emulator needs nothing but itself", r.Name)
			r = with
		}
		if err := o.judge(r); err != nil {
			return nil, err
		}
		r, err := o.brief(r, f)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// withF is the rule with flag F; nil if it has that, or if it would not work so.
func withF(r *binfmt.Rule) *binfmt.Rule {
	if r.Has('F') || !path.IsAbs(r.Interpreter) {
		return nil
	}
	with := rebuilt(r)
	with.Flags += "F"
	e := lookAt("", r.Interpreter)
	if !e.Image.Static() || e.Check(with, binfmt.Host(), nil, nil) != nil {
		return nil
	}
	return with
}

// rebuilt is a copy that may be altered: a rule that was parsed keeps its text.
func rebuilt(r *binfmt.Rule) *binfmt.Rule {
	return &binfmt.Rule{Name: r.Name, Type: r.Type, Offset: r.Offset, Magic: r.Magic, Mask: r.Mask,
		Extension: r.Extension, Interpreter: r.Interpreter, Flags: r.Flags}
}

// keep takes over the host's rules, as far as they can work.
func (o *Options) keep(f *ruleFacts, host []*binfmt.Rule, skipped []string) {
	for _, why := range skipped {
		f.note("not kept: %s", why)
	}
	names := map[string]bool{}
	for _, r := range f.Loaded {
		names[r.Name] = true
	}
	for _, r := range host {
		copied := strings.HasPrefix(r.Interpreter, ownDescriptors)
		if copied && names[r.Name] {
			continue // made anew already
		}
		if names[r.Name] {
			r = rebuilt(r)
			r.Name += "-host"
		}
		if copied {
			anew, err := o.again(r, f)
			if err != nil {
				f.note("not kept: rule %q: %v", r.Name, err)
			}
			f.Kept = append(f.Kept, anew...)
			continue
		}
		if err := o.judge(r); r.Has('F') && err != nil {
			f.note("not kept: %v", err)
			continue
		}
		f.Kept = append(f.Kept, o.briefKept(r, f))
	}
}

func nameAll(arches []*binfmt.Arch) string {
	names := make([]string, len(arches))
	for i, a := range arches {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}
