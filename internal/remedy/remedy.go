// Package remedy gives an error the advice that goes with it.
//
// The program fails in one way only: a sentence, and under it what the person at the terminal can
// do. Use it where something is known that helps; an error without advice is a plain error.
package remedy

import (
	"errors"
	"fmt"
)

// Error is an error with advice. The advice is a list of lines, each a sentence without a full
// stop.
type Error struct {
	Err   error
	Hints []string
	Later func() string // one more line, looked up when somebody wants to read it; nil for none
}

// Error returns the sentence, without the advice.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error without the advice.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error that says sentence, with the given advice.
func New(sentence string, hints ...string) error {
	return &Error{Err: errors.New(sentence), Hints: hints}
}

// Wrap adds advice to err. A nil err stays nil; without hints err itself is returned.
func Wrap(err error, hints ...string) error {
	if err == nil || len(hints) == 0 {
		return err
	}
	return &Error{Err: err, Hints: hints}
}

// Errorf is fmt.Errorf for an error that carries one line of advice.
func Errorf(hint, format string, args ...any) error {
	return &Error{Err: fmt.Errorf(format, args...), Hints: []string{hint}}
}

// Later is Errorf for advice that has to be looked up.
func Later(hint func() string, format string, args ...any) error {
	return &Error{Err: fmt.Errorf(format, args...), Later: hint}
}

// Hints returns the advice that err or anything it wraps carries, the outermost first.
func Hints(err error) []string {
	var hints []string
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		hints = append(hints, e.Hints...)
		if e.Later != nil {
			hints = append(hints, e.Later())
		}
	}
	return hints
}
