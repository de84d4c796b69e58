// Package environ is the caller's environment, and the programs of the host that it leads to. No
// other package asks os for variables or starts programs with os/exec (TestEnvironment in test):
// what those see may differ from what the caller gave.
//
// Not for: what is in the environment of a target. That is a list, which Find and WithDefault know
// how to read.
package environ

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/caller"
)

// All returns all variables, as the caller gave them.
func All() []string {
	if env, ok := caller.Environ(); ok {
		return env
	}
	return os.Environ()
}

// Lookup returns the value of a variable, and whether there is such a variable.
func Lookup(name string) (value string, ok bool) {
	env, ok := caller.Environ()
	if !ok {
		return os.LookupEnv(name)
	}
	return Find(env, name)
}

// Find returns the value of a variable in an environment, and whether it is there. Of several of
// one name the first counts (getenv(3)).
func Find(env []string, name string) (value string, ok bool) {
	for _, v := range env {
		if value, ok = strings.CutPrefix(v, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// WithDefault returns an environment in which a variable that was not set is.
func WithDefault(env []string, name, value string) []string {
	if _, ok := Find(env, name); ok {
		return env
	}
	return append(slices.Clone(env), name+"="+value)
}

// Get returns the value of a variable; "" if there is none.
func Get(name string) string {
	value, _ := Lookup(name)
	return value
}

// NotFound tells whether an error is that of a program that is not in PATH.
func NotFound(err error) bool { return errors.Is(err, exec.ErrNotFound) }

// ExitError is for a program that has not ended well.
type ExitError = exec.ExitError

// LookPath finds a program in PATH.
func LookPath(name string) (string, error) {
	if path, ok := Lookup("PATH"); ok { // where package os/exec looks
		os.Setenv("PATH", path)
	}
	return exec.LookPath(name)
}

// Command prepares to run a program with the caller's environment.
func Command(name string, args ...string) *exec.Cmd {
	return CommandContext(context.Background(), name, args...)
}

// CommandContext is Command for a program that is killed when ctx is done.
func CommandContext(ctx context.Context, name string, args ...string) *exec.Cmd {
	caller.Together() // os/exec waits for the program and reads what it says side by side
	if path, err := LookPath(name); err == nil {
		name = path
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = All()
	return cmd
}
