package attend

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/xunshare/xunshare/internal/verb"
)

// perform performs some tasks at once. The error is that of the first of them in the plan that fails.
func (t *Attendant) perform(group []int, w verb.Waiter) error {
	failed := make([]error, len(group))
	var all sync.WaitGroup
	for i, step := range group {
		s := t.plan[step]
		all.Add(1)
		go func() {
			defer all.Done()
			failed[i] = taskError(s, s.Call.(verb.Task).Perform(w))
		}()
	}
	all.Wait()
	for i, step := range group {
		if made, ok := t.plan[step].Call.(verb.Undoer); ok && failed[i] == nil {
			t.made = append(t.made, made)
		}
	}
	return cmp.Or(failed...)
}

// Undo takes away what a launch that has failed would leave behind. This thread may be in other namespaces by now.
func (t *Attendant) Undo() {
	var elsewhere sync.WaitGroup
	elsewhere.Add(1)
	go func() {
		defer elsewhere.Done()
		for _, task := range t.made {
			task.Undo()
		}
	}()
	elsewhere.Wait()
}

// taskError makes a *verb.Error of a failed system call; of anything else, an error that names the step.
func taskError(s verb.Step, err error) error {
	var path *os.PathError
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path) && errors.As(err, &errno):
		return &verb.Error{Step: s, Operation: path.Op, Path: path.Path, Errno: errno}
	}
	return fmt.Errorf("%s: %w", s.Reason, err)
}
