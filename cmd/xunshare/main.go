// Xunshare runs a program in new namespaces, as unshare(1) does, and in foreign-architecture trees.
//
// The way through it is a straight line: argv, normalize, parse, Options, Validate, gather the Facts, plan, launch,
// exit. docs/architecture.md draws it.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/xunshare/xunshare/internal/attend"
	"github.com/xunshare/xunshare/internal/launch"
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

func run(args []string) (status supervise.Status, err error) {
	o, err := parse(args)
	defer func() { o.conclude(status, err) }()
	switch {
	case err != nil:
		return supervise.Status{}, err
	case o.Help:
		_, err = os.Stdout.WriteString(usage)
		return supervise.Status{}, err
	case o.Version:
		_, err = fmt.Println("xunshare", version)
		return supervise.Status{}, err
	}
	if err := o.Validate(); err != nil {
		return supervise.Status{}, err
	}
	switch {
	case o.ListArches != "":
		return supervise.Status{}, listArches(&o)
	case o.PrintRule != nil:
		return supervise.Status{}, printRules(&o)
	}
	o.stayOnMainThread()
	return start(&o)
}

// start launches, once more without the ids that were offered to the target if it turns out that they cannot be mapped.
// What is asked stays as it is for that: facts complete a copy.
func start(asked *Options) (supervise.Status, error) {
	if err := asked.room(); err != nil {
		return supervise.Status{}, limited(err)
	}
	o := *asked
	facts, err := gather(&o)
	if err != nil {
		return supervise.Status{}, limited(withoutProc(err))
	}
	o.say(facts.Notes)
	for _, sentence := range facts.Root.Warnings {
		o.note(sentence)
	}
	steps := plan(&o, &facts)
	if o.DryRun {
		_, err = os.Stdout.WriteString(verb.Format(steps))
		return supervise.Status{}, err
	}
	parent := attend.Parent{Meet: func(pid int) { o.announce(pid, &facts) }, Listen: facts.listen, Note: o.note}
	status, err := launch.Run(steps, wait(&o), parent)
	facts.keepLent(o.note)
	var helper *verb.HelperError
	if errors.As(err, &helper) && asked.NS.Withdraw(err) {
		asked.Said = o.Said
		return start(asked)
	}
	return status, limited(explain(err, &o, &facts))
}

// say is for what --verbose tells.
func (o *Options) say(notes []string) {
	if !o.Verbose {
		return
	}
	for _, sentence := range notes {
		o.note(sentence)
	}
}

// note says something that is no error, once.
func (o *Options) note(sentence string) {
	if !slices.Contains(o.Said, sentence) {
		o.Said = append(o.Said, sentence)
		fmt.Fprintf(os.Stderr, "xunshare: note: %s\n", sentence)
	}
}

// wait says how xunshare behaves while the target runs: without --fork as if it were the target, and so with --into, which
// implies it.
func wait(o *Options) supervise.Wait {
	switch {
	case o.NS.Forward:
		return supervise.Forward
	case o.Into:
		return supervise.Transparent
	case o.NS.Fork:
		return supervise.Shield
	}
	return supervise.Transparent
}
