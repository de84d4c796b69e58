package cmdline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/native"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Foreign is what is asked about other architectures.
type Foreign struct {
	Asked  bool           // --arch was given
	Auto   bool           // what the program, or the tree, is for
	All    bool           // all that there are emulators for
	None   bool           // no program of another architecture shall run
	Arches []*binfmt.Arch // by name

	Emulators []emulator.Given
	Env       []emulator.Variable // each emulator finds them, whatever its environment is
	Sysroots  []Sysroot           // in the order given
	CPU       bool                // a CPU was named, so that programs of the host's own architecture are emulated too
	NoSetuid  bool                // set-id programs run without their privilege
	HideHost  bool                // the rules of the host are not kept
	Follow    Follow              // who follows the rules

	Native     *native.Request // which programs of the tree need not be emulated; nil for none
	NativeRoot string          // where the programs are that run instead; "" for this system
	NativeTree string          // a tree like those that the target enters by itself, whose programs they are; "" for the root
	ListNative bool

	Sources []RuleSource // of rules that get flag F where that works
}

// Follow says who follows the rules: the kernel, or xunshare, by tracing.
type Follow uint8

// The words of --binfmt. Auto is the kernel, where it can.
const (
	Auto Follow = iota
	ByKernel
	ByTracing
)

func setBinfmt(o *Options, v string) error {
	words := map[string]Follow{"auto": Auto, "kernel": ByKernel, "trace": ByTracing}
	follow, known := words[v]
	if !known {
		return fmt.Errorf("%q is neither kernel nor trace nor auto", v)
	}
	o.Foreign.Follow = follow
	return nil
}

const archOption = "arch"

// The words of --arch.
const (
	archAuto = "auto"
	archAll  = "all"
	archNone = "none"
)

// setArch takes a list of names. The last --arch counts.
func setArch(o *Options, v string) error {
	f := &o.Foreign
	f.Asked, f.Auto, f.All, f.None, f.Arches = true, false, false, false, nil
	words := strings.Split(v, ",")
	for _, word := range words {
		switch word {
		case archAuto:
			f.Auto = true
		case archAll:
			f.All = true
		case archNone:
			f.None = true
		default:
			a, err := findArch(word)
			if err != nil {
				return err
			}
			f.Arches = append(f.Arches, a)
		}
	}
	if (f.All || f.None) && len(words) > 1 {
		return errors.New("all and none cannot be combined with other names")
	}
	o.ProcImplied = true
	return nil
}

// findArch looks a name up; the error has the names near to it.
func findArch(name string) (*binfmt.Arch, error) {
	if a := binfmt.FindArch(name); a != nil {
		return a, nil
	}
	if name == "" {
		return nil, remedy.New("the argument, or one of the names in it, is empty", "xunshare --list-arches lists them all; --arch also takes auto")
	}
	hints := []string{"xunshare --list-arches lists them all"}
	if near := binfmt.NearestArches(name); len(near) > 0 {
		hints = append([]string{"did you mean " + strings.Join(near, " or ") + "?"}, hints...)
	}
	return nil, remedy.New(fmt.Sprintf("%q is not an architecture that xunshare knows", name), hints...)
}

func setEmulator(o *Options, v string) error {
	given, err := emulator.ParseGiven(v)
	o.Foreign.Emulators = append(o.Foreign.Emulators, given)
	return err
}

// setCPU takes a name that the emulator knows; "help" makes QEMU list them.
func setCPU(o *Options, v string) error {
	o.Foreign.CPU = true
	return errors.Join(notEmpty(v), setEmulatorEnv(o, "QEMU_CPU="+v))
}

func setGuestSetuid(o *Options, v string) error {
	o.Foreign.NoSetuid = v == "no"
	return oneOf(v, "yes", "no")
}

func setHostBinfmt(o *Options, v string) error {
	o.Foreign.HideHost = v == "hide"
	return oneOf(v, "keep", "hide")
}

func oneOf(v, a, b string) error {
	if v != a && v != b {
		return fmt.Errorf("%q is neither %s nor %s", v, a, b)
	}
	return nil
}

// A RuleSource is where rules are to be found: @FILE, or the name of one that the system has.
type RuleSource struct {
	Option string // as it was called: --load-binfmt, --load-interp
	Word   string
}

// A Sysroot is a directory with the loader and the libraries of an architecture.
type Sysroot struct {
	Arch *binfmt.Arch // nil if it was not said
	Dir  string
}

func loadBinfmt(o *Options, v string) error { return o.load("--load-binfmt", v) }

func loadInterp(o *Options, v string) error { return o.load("--load-interp", v) }

// load takes a rule, @FILE or NAME. A rule may begin with any character, so what can be one is one.
func (o *Options) load(option, v string) error {
	rule, err := binfmt.Parse(v)
	switch {
	case err == nil:
		o.Rules = append(o.Rules, rule)
	case v == "@":
		return remedy.New("the name of the file is missing", "write --load-binfmt=@FILE")
	case strings.HasPrefix(v, "@"), isName(v):
		o.Foreign.Sources = append(o.Foreign.Sources, RuleSource{option, v})
	default:
		return err
	}
	if !o.MountBinfmt {
		o.MountBinfmt, o.ProcImplied = true, true
	}
	return nil
}

// isName tells whether s can be the name of a rule, and is not meant as a rule or a path.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || !strings.ContainsRune("._+-", rune(c))) {
			return false
		}
	}
	return s != ""
}

// validateEmulators finds what says something of emulators that nothing asks for.
func (o *Options) validateEmulators() error {
	switch {
	case len(o.Foreign.Emulators) > 0 && !o.Foreign.Asked && !o.looksForEmulators():
		return remedy.New("--emulator is for the architectures of --arch", "add --arch=auto; a rule names its emulator itself")
	case o.Foreign.CPU && !o.Loads():
		return remedy.New("--cpu is for emulators, and nothing asks for one", "add --arch=auto")
	case len(o.Foreign.Sysroots) > 0 && !o.Loads():
		return remedy.New("--sysroot is for emulators, and nothing asks for one", "add --arch=auto")
	}
	return o.validateNative()
}

// Loads tells whether rules are asked for, whether they turn out to be needed or not.
func (o *Options) Loads() bool {
	return len(o.Rules) > 0 || len(o.Foreign.Sources) > 0 || o.Foreign.Asked && !o.Foreign.None
}

// implyMaps gives a launch with --arch, and without a word about ids, those that its purpose needs:
// on the host's own tree the caller's, with the sub-ids under their own numbers, so that tools find
// what they would without xunshare; in a root, root's.
func (o *Options) implyMaps() {
	ids := &o.NS
	if !o.Foreign.Asked || !ids.Users.None() || !ids.Groups.None() || ids.Owner != nil {
		return
	}
	if o.Root != "" {
		_ = mapRoot(o, "")
		return
	}
	_ = mapCurrent(o, "")
	ids.Offer = ns.SameIDs
}

// setSysroot takes [ARCH:]DIR.
func setSysroot(o *Options, v string) error {
	name, dir, found := strings.Cut(v, ":")
	var r Sysroot
	if !found || strings.Contains(name, "/") {
		name, dir = "", v
	} else {
		var err error
		if r.Arch, err = findArch(name); err != nil {
			return remedy.Wrap(err, "write --sysroot=[ARCH:]DIR; a directory with a colon in its name needs a '/' before the colon")
		}
	}
	r.Dir = dir
	o.Foreign.Sysroots = append(o.Foreign.Sysroots, r)
	return notEmpty(dir)
}

// setEmulatorEnv sets a variable for the emulator: in the environment of the program, and in
// every emulator that the launch starts, whatever environment that gets.
func setEmulatorEnv(o *Options, v string) error {
	if err := setEnv(o, v); err != nil {
		return err
	}
	name, _, _ := strings.Cut(v, "=")
	same := func(other emulator.Variable) bool { return strings.HasPrefix(other.Text, name+"=") }
	o.Foreign.Env = append(slices.DeleteFunc(o.Foreign.Env, same), emulator.Variable{Text: v})
	return nil
}

// The forms of --list-arches.
const (
	ListTable = "table"
	ListJSON  = "json"
)

func setListArches(o *Options, v string) error {
	o.ListArches = v
	return oneOf(v, ListTable, ListJSON)
}

// The forms of --doctor.
const (
	DoctorText = "text"
	DoctorJSON = "json"
)

func setDoctor(o *Options, v string) error {
	o.Doctor = v
	return oneOf(v, DoctorText, DoctorJSON)
}

func setPrintRule(o *Options, v string) error {
	o.PrintRule = nil
	for name := range strings.SplitSeq(v, ",") {
		arch, err := findArch(name)
		if err != nil {
			return err
		}
		o.PrintRule = append(o.PrintRule, arch)
	}
	return nil
}
