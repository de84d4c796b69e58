// Package cmdline reads the command line: getopt_long(3)'s words, option files and --into become
// one value, Options, in which the last of several options that say the same has won. An option is
// one row of the table; the help, the manual and the completions are compared with it.
//
// Not for: what this machine makes of it. A setter looks at who the caller is and where, and at
// nothing else of the machine; files of options are all that is read.
package cmdline

import (
	"fmt"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Options is what the command line asks for. Nobody changes it once Parse has returned it.
type Options struct {
	NS      ns.Options
	Insists ns.Kind // those of its namespaces that other options are about than those for rules

	Into bool   // --into: Root is to be ready for use
	Root string // --root; "" stays in the caller's
	Dir  string // --wd; "" for none

	ProcDir     string         // where --mount-proc mounts; "" if it was not given
	BinfmtDir   string         // where --mount-binfmt mounts; "" for the usual place
	MountBinfmt bool           // an instance of binfmt_misc is to be seen
	OwnBinfmt   bool           // --mount-binfmt was given: the target may change it
	ProcImplied bool           // /proc has to show it
	Rules       []*binfmt.Rule // --load-binfmt, written out
	Foreign     Foreign
	ListArches  string         // --list-arches: table or json; "" for no list
	Doctor      string         // --doctor: text or json; "" for no examination
	PrintRule   []*binfmt.Arch // --print-rule
	Verbose     bool
	Status      int // the descriptor of --json-status-fd; negative for none
	ClearEnv    bool
	Whitelist   bool     // only KeptEnv is passed on
	KeptEnv     []string // names
	Init        bool     // the target runs under an init
	MapAuto     bool     // the best map there is, and FakeIDs if that is of one id only
	FollowTree  bool     // user and group 0 are those whom the tree belongs to, if they are among the sub-ids
	FakeIDs     bool     // what the id maps have no place for succeeds without being done
	NoSync      bool     // files count as written to the disk at once
	Mounts
	DryRun  bool
	Help    bool
	Version bool
	Program []string // and its arguments; empty for the login shell

	given []string // the options in normal form, without what --into stands for
}

// imply sets what follows from several options together. A process whose children belong to another
// pid namespace cannot make threads (copy_process in kernel/fork.c, EINVAL), and QEMU needs one:
// with rules, --pid implies --fork.
func (o *Options) imply() {
	if o.Loads() && o.NS.Kinds.Has(ns.PID) {
		o.NS.Fork = true
	}
	if o.Status >= 0 && !o.NS.Child() { // somebody has to be left to write
		o.NS.Fork = true
	}
	o.implyMaps()
}

// Validate finds what cannot go together. Each error is one sentence.
func (o *Options) Validate() error {
	if err := o.NS.Validate(); err != nil {
		return err
	}
	if o.Init && !o.NS.Kinds.Has(ns.PID) {
		return remedy.New("--init is for a new pid namespace, where it is the first process", "add --pid")
	}
	if o.FakeIDs && !o.NS.Kinds.Has(ns.User) {
		return remedy.New("--fake-ids works only in a new user namespace", "add --map-root-user")
	}
	for _, validate := range [...]func() error{o.validateMounts, o.validateEmulators, o.validateQuestion} {
		if err := validate(); err != nil {
			return err
		}
	}
	if err := binfmt.CheckSet(o.Rules); err != nil {
		return fmt.Errorf("--load-binfmt: %w", err)
	}
	return nil
}
