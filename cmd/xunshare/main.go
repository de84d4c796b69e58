// Xunshare runs a program in new namespaces, as unshare(1) does, and in foreign-architecture trees.
//
// The way through it is a straight line: argv, normalize, parse, Options, Validate, gather the
// Facts, plan, launch, exit. docs/architecture.md draws it.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/xunshare/xunshare/internal/attend"
	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/doctor"
	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/supervise"
	"github.com/xunshare/xunshare/internal/verb"
)

// version is the release; CHANGELOG.md has an entry for it.
const version = "0.1.0"

func main() {
	status, err := run(os.Args)
	if err != nil {
		report(err)
		os.Exit(exitStatus(err))
	}
	status.Exit()
}

func run(args []string) (ended supervise.Status, err error) {
	asked, err := cmdline.Parse(args)
	report, failed := openStatus(asked.Status)
	defer func() { report.conclude(ended, err) }()
	ids := asked.NS
	switch err = cmp.Or(err, ids.LookUp()); { // of what stands in front of --help
	case err != nil:
		return ended, err
	case asked.Help:
		_, err = os.Stdout.WriteString(cmdline.Usage)
		return ended, err
	case asked.Version:
		_, err = fmt.Println("xunshare", version)
		return ended, err
	}
	if err := cmp.Or(failed, asked.Validate()); err != nil {
		return ended, err
	}
	switch {
	case asked.ListArches != "":
		return ended, rules.List(asked)
	case asked.Doctor != "":
		return ended, doctor.Run(asked)
	case asked.Foreign.ListNative:
		return ended, rules.ListNative(asked)
	case asked.PrintRule != nil:
		return ended, rules.Print(asked)
	}
	stayOnMainThread(&asked.NS)
	return start(asked, ids, &notes.Notes{To: os.Stderr, Verbose: asked.Verbose}, report)
}

// start launches, once more without the ids that were offered to the target if it turns out that
// they cannot be mapped.
func start(asked *cmdline.Options, ids ns.Options, told *notes.Notes, report status) (supervise.Status, error) {
	if err := room(asked); err != nil {
		return supervise.Status{}, limited(err)
	}
	o := resolve(asked, ids, told)
	facts, err := gather(o)
	if err != nil {
		return supervise.Status{}, limited(withoutProc(err))
	}
	told.Release()
	steps := plan(o, &facts)
	if o.DryRun {
		_, err = os.Stdout.WriteString(verb.Format(steps))
		return supervise.Status{}, err
	}
	note := func(sentence string) { told.Add("%s", sentence) }
	parent := attend.Parent{Meet: func(pid int) { report.announce(pid, &facts) }, Note: note,
		Listen: func(fd, stop int) { facts.listen(fd, stop, told) }}
	ended, err := launch.Run(steps, wait(o), parent)
	facts.keepLent(told)
	var helper *verb.HelperError
	if errors.As(err, &helper) && ids.Withdraw(err) {
		told.Hold()
		return start(asked, ids, told, report)
	}
	if asked := o.byTracing(err); asked != nil {
		told.Hold()
		return start(asked, ids, told, report)
	}
	explained := limited(explain(err, o, &facts))
	if asked := o.withoutNamespaces(&ids, &facts, err); asked != nil {
		told.Hold()
		if ended, err = start(asked, ids, told, report); !errors.Is(err, syscall.ENOEXEC) {
			return ended, err
		}
	}
	return ended, explained
}

// wait says how xunshare behaves while the target runs: without --fork as if it were the target,
// and so with --into, which implies it.
func wait(o *resolved) supervise.Wait {
	switch {
	case o.NS.Forward:
		return supervise.Forward
	case o.Into:
		return supervise.Transparent
	case o.NS.Fork && (!o.traces || o.Options.NS.Fork):
		return supervise.Shield
	}
	return supervise.Transparent
}
