package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/xunshare/xunshare/internal/caller"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/verb"
)

// report says what went wrong, in one sentence, and under it what can be done.
func report(err error) {
	text := fmt.Sprintf("xunshare: %v\n", err)
	hints := remedy.Hints(err)
	if strings.Contains(err.Error(), "~/") {
		hints = append(hints, "only the shell replaces ~, and only at the start of a word: put a space in place of '='; in option files write absolute paths")
	}
	for _, hint := range hints {
		text += fmt.Sprintf("xunshare: hint: %s\n", hint)
	}
	caller.LastWords(func() { fmt.Fprint(os.Stderr, text) })
}

// The exit statuses of a shell for a program that cannot be run (unshare(1), EXIT STATUS).
const (
	statusFailure       = 1
	statusNotExecutable = 126
	statusNotFound      = 127
)

func exitStatus(err error) int {
	var failed *verb.Error
	var helper *fs.PathError
	switch {
	case errors.As(err, &helper) && helper.Op == "exec":
		return statusNotExecutable
	case environ.NotFound(err): // a helper, which unshare(1) runs in the same way
		return statusNotFound
	case !errors.As(err, &failed) || failed.Operation != execve:
		return statusFailure
	case errors.Is(failed, syscall.ENOENT):
		return statusNotFound
	}
	return statusNotExecutable
}

const execve = "execve"
