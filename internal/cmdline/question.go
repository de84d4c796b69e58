package cmdline

import (
	"fmt"

	"github.com/xunshare/xunshare/internal/remedy"
)

// question is the option that asks for an answer, and for nothing to be run; "" for none. forms are
// the words that it takes.
func (o *Options) question() (option string, forms []string) {
	switch {
	case o.ListArches != "":
		return "--list-arches", []string{ListTable, ListJSON}
	case o.Doctor != "":
		return "--doctor", []string{DoctorText, DoctorJSON}
	case o.Foreign.ListNative:
		return "--list-native", nil
	case o.PrintRule != nil:
		return "--print-rule", nil
	}
	return "", nil
}

// looksForEmulators tells whether the answer has emulators of architectures in it.
func (o *Options) looksForEmulators() bool {
	return o.ListArches != "" || o.Doctor != "" || o.PrintRule != nil
}

// validateQuestion finds a program that would not be run.
func (o *Options) validateQuestion() error {
	option, forms := o.question()
	if option == "" || len(o.Program) == 0 {
		return nil
	}
	sentence := fmt.Sprintf("%s runs no program, and %q is one", option, o.Program[0])
	for _, form := range forms {
		if o.Program[0] == form {
			return remedy.New(sentence, "did you mean "+option+"="+form+"?")
		}
	}
	return remedy.New(sentence, "leave it out")
}
