// Xunshare runs a program in new namespaces, as unshare(1) does, and in foreign-architecture trees.
//
// The way through it is a straight line: argv, normalize, parse, Options, Validate, gather the Facts, plan, launch,
// exit. docs/architecture.md draws it.
package main

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/launch"
	"github.com/xunshare/xunshare/internal/ns"
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

func run(args []string) (launch.Status, error) {
	o, err := parse(args)
	switch {
	case err != nil:
		return launch.Status{}, err
	case o.Help:
		_, err = os.Stdout.WriteString(usage)
		return launch.Status{}, err
	case o.Version:
		_, err = fmt.Println("xunshare", version)
		return launch.Status{}, err
	}
	if err := o.Validate(); err != nil {
		return launch.Status{}, err
	}
	o.stayOnMainThread()
	facts, err := gather(&o)
	if err != nil {
		return launch.Status{}, err
	}
	steps := plan(&o, &facts)
	if o.DryRun {
		_, err = os.Stdout.WriteString(launch.Format(steps))
		return launch.Status{}, err
	}
	status, err := launch.Run(steps, wait(&o))
	return status, explain(err, &o, &facts)
}

// stayOnMainThread is for a time namespace that this process enters itself: its clocks can be set through the main
// thread's files in /proc only. A goroutine that is elsewhere by now launches a child instead.
func (o *Options) stayOnMainThread() {
	if o.NS.Child() || !o.NS.Kinds.Has(ns.Time) {
		return
	}
	runtime.LockOSThread()
	o.NS.Fork = unix.Gettid() != unix.Getpid()
}

// wait says how xunshare behaves while the target runs: without --fork as if it were the target.
func wait(o *Options) launch.Wait {
	switch {
	case o.NS.Forward:
		return launch.Forward
	case o.NS.Fork:
		return launch.Shield
	}
	return launch.Transparent
}
