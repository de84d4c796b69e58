// Package environ is the caller's environment, and the programs of the host that it leads to. Nobody else asks package os for
// variables or has package os/exec start programs (TestEnvironment in test): what those see need not be what the caller gave.
//
// Not for: the environment of a target, which is a list that the options make.
package environ

import (
	"context"
	"os"
	"os/exec"
)

// All returns all variables, as the caller gave them.
func All() []string { return os.Environ() }

// Lookup returns the value of a variable, and whether there is such a variable.
func Lookup(name string) (value string, ok bool) { return os.LookupEnv(name) }

// Get returns the value of a variable; "" if there is none.
func Get(name string) string {
	value, _ := Lookup(name)
	return value
}

// ErrNotFound is for a program that is not in PATH.
var ErrNotFound = exec.ErrNotFound

// ExitError is for a program that has not ended well.
type ExitError = exec.ExitError

// LookPath finds a program in PATH.
func LookPath(name string) (string, error) { return exec.LookPath(name) }

// Command prepares to run a program with the caller's environment.
func Command(name string, args ...string) *exec.Cmd {
	return CommandContext(context.Background(), name, args...)
}

// CommandContext is Command for a program that is killed when ctx is done.
func CommandContext(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, name, args...)
}
