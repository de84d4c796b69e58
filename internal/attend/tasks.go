package attend

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/xunshare/xunshare/internal/verb"
)

// perform performs some tasks side by side. The error is that of the first of them in the plan that
// fails.
func (t *Attendant) perform(group []int, w verb.Waiter) (err error) {
	if !t.Elsewhere {
		return t.performHere(group, w)
	}
	elsewhere(func() { err = t.performHere(group, w) })
	return err
}

// elsewhere has something done by another thread, and waits.
func elsewhere(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
}

// performHere begins all tasks before it finishes the first: other programs do the most of what
// takes long.
func (t *Attendant) performHere(group []int, w verb.Waiter) error {
	failed, finish := make([]error, len(group)), make([]func() error, len(group))
	for i, step := range group {
		finish[i], failed[i] = t.plan[step].Call.(verb.Task).Perform(w)
	}
	for i, step := range group {
		s := t.plan[step]
		if finish[i] != nil {
			failed[i] = finish[i]()
		}
		failed[i] = taskError(s, failed[i])
		if made, ok := s.Call.(verb.Undoer); ok && failed[i] == nil {
			t.made = append(t.made, made)
		}
	}
	return cmp.Or(failed...)
}

// Undo takes away what a launch that has failed would leave behind.
func (t *Attendant) Undo() {
	undo := func() {
		for _, task := range t.made {
			task.Undo()
		}
	}
	if t.Elsewhere {
		elsewhere(undo)
		return
	}
	undo()
}

// taskError makes a *verb.Error of a failed system call; of anything else, an error that names the
// step.
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
