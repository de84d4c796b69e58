package native

import (
	"fmt"
	"slices"
	"strings"
)

// A Request is which programs are to run natively, by name. Its zero value is for none.
type Request struct{ wanted []wanted }

type wanted struct {
	program
	named bool // by the user, who is told if it cannot be
}

// Parse reads the argument of --native: words with commas between them, each a name or, with an @, a
// set, and with a - in front of it not to be native. The empty list is the set build, and so is one
// that only takes away.
func Parse(list string) (*Request, error) {
	words := strings.Split(list, ",")
	r := new(Request)
	switch {
	case list == "":
		words = []string{"@" + build}
	case list[0] == '-':
		words = append([]string{"@" + build}, words...)
	case strings.Trim(list, ",") == "":
		return nil, fmt.Errorf("the list %q is empty", list)
	}
	for _, word := range words {
		if word == "" {
			continue
		}
		name, taken := strings.CutPrefix(word, "-")
		all, err := named(name)
		if err != nil {
			return nil, err
		}
		for _, w := range all {
			r.wanted = slices.DeleteFunc(r.wanted, func(other wanted) bool { return other.name == w.name })
			if !taken {
				r.wanted = append(r.wanted, w)
			}
		}
	}
	return r, nil
}

// named are the programs that a word stands for.
func named(word string) (all []wanted, err error) {
	set, isSet := strings.CutPrefix(word, "@")
	switch why := never(word); {
	case isSet && !slices.Contains(sets[:], set):
		return nil, fmt.Errorf("%q is none of @%s", word, strings.Join(sets[:], ", @"))
	case why != "":
		return nil, fmt.Errorf("%s is never native: it %s", word, why)
	case !isSet && (word == "" || strings.ContainsAny(word, "/@ \t\n")):
		return nil, fmt.Errorf("%q is not the name of a program", word)
	}
	for _, p := range programs() {
		if p.name == word || isSet && (p.set == set || set == build && p.set == compilers) {
			all = append(all, wanted{p, !isSet})
		}
	}
	if len(all) == 0 {
		all = []wanted{{program{name: word}, true}}
	}
	return all, nil
}
