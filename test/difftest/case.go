// Package difftest runs command lines through xunshare and through unshare(1), and compares what
// comes of them: how they end, and what the program that they start can see of its namespaces, ids,
// capabilities, mounts, signals and environment.
//
// For tests only: of package test as an ordinary user, of test/root as root.
package difftest

import "syscall"

// A Case is one command line. Its words are those of a shell, with $tree, $dir, $probe and, for the
// program that is tried, $0.
type Case struct {
	Args    string         // the options
	Program string         // the program and its arguments: the probe if empty, none if NoProgram
	Before  string         // shell commands in front of it: limits, traps, open files
	After   string         // shell commands behind it, for what it left behind
	Stdin   string         // what it can read
	Private bool           // in a mount namespace of its own: it leaves mounts behind
	Block   syscall.Signal // blocked by the caller
	Signal  syscall.Signal // sent to the launcher once the program says that it is ready

	Who    Who    // may try it
	Since  string // the first version that can be compared: earlier ones lack the option, or have a bug
	Lacks  string // what earlier versions lack
	Ignore string // keys of an observation that cannot be the same: "out" of --version

	Differs string // the name of the deviation that it shows; then one of these says what is expected of xunshare:
	Like    string // what unshare(1) does with these options instead
	Want    Observation
	Until   string // the first version of unshare(1) without the deviation; "" if there is none
}

// NoProgram is the Program of a case that starts the login shell.
const NoProgram = ":"

// Who may try a case.
type Who uint8

const (
	Anyone Who = iota
	User       // an ordinary user
	Root
	SubIDs // an ordinary user who has sub-ids
)

// An Observation is what came of a command line, by names of what was looked at. All that a program
// of it printed that is not the probe's is "out".
type Observation map[string]string

// refused is what is expected of a command line that is refused, with this status.
func refused(status string) Observation {
	return Observation{only: "", "end": "exit " + status, "complains": "yes"}
}

// only is the key of a Want that is all there is, not a change of what unshare(1) does.
const only = "only"

// name tells cases apart.
func (c *Case) name() string {
	name := c.Args
	program := c.Program
	switch program {
	case handling:
		program = "handling it"
	case ignoring:
		program = "ignoring it"
	}
	for _, part := range []string{program, c.Before} {
		if part != "" {
			name += " " + part
		}
	}
	if c.Block != 0 {
		name += " blocking " + c.Block.String()
	}
	if c.Signal != 0 {
		name += " " + c.Signal.String()
	}
	if name == "" {
		return "no options"
	}
	return name
}
