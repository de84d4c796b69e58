// Package doctor tells whether this machine can do the main job, that an ordinary user enters a
// foreign tree, and what to type if it cannot. Each check tries what a launch would do, in a helper
// or by opening what a launch opens, and changes nothing.
//
// Not for: what one launch needs. A launch that fails explains itself.
package doctor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/remedy"
)

// A Finding is what a check says. docs/xunshare.1 promises that the names in JSON stay.
type Finding struct {
	Check  string   `json:"check"`
	Result string   `json:"result"` // OK, Limited or No
	Detail string   `json:"detail"`
	Remedy []string `json:"remedy"` // each line a hint, as a launch would give it; empty for none

	cause string // the check that failed and so kept this one from being tried; "" for none
}

// The results.
const (
	OK      = "ok"
	Limited = "limited" // it works, and something is missing
	No      = "no"
)

// A check is one row of the table. The main job takes those that are vital.
type check struct {
	name  string
	vital bool
	look  func(*patient) Finding
}

// checks are in the order in which they are made: later ones may need what earlier ones have found.
var checks = [...]check{
	{"kernel", true, (*patient).kernel},
	{users, true, (*patient).namespaces},
	{"id-maps", false, (*patient).maps},
	{mounts, true, (*patient).mountsTree},
	{proc, false, (*patient).proc},
	{"tracing", false, (*patient).tracing},
	{rules, false, (*patient).instance},
	{"overlay", false, (*patient).overlay},
	{"32-bit", false, (*patient).companions},
	{"set-id", false, (*patient).setID},
	{"config", false, (*patient).config},
}

// The names of those that others need.
const (
	users  = "user-namespaces"
	mounts = "mounts"
	proc   = "proc"
	rules  = "binfmt_misc"
)

// patient is the machine, as far as it has been looked at.
type patient struct {
	asked *cmdline.Options

	// The check whose failure is why there are no user namespaces, no mounts in them, no rules of
	// their own; "" if there are.
	users, mounts, rules string

	traces bool // what the kernel's rules do can be done by tracing
}

// Run makes all checks and prints what they find. The error says that the main job does not work.
func Run(asked *cmdline.Options) error {
	findings, lacking, err := examine(asked)
	if err != nil {
		return err
	}
	if asked.Doctor == cmdline.DoctorJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		err = out.Encode(findings)
	} else {
		_, err = os.Stdout.WriteString(format(findings))
	}
	if err == nil && len(lacking) > 0 {
		err = fmt.Errorf("an ordinary user cannot enter a foreign tree here, for want of: %s", strings.Join(lacking, ", "))
	}
	return err
}

// examine makes the checks, and lists what the main job lacks.
func examine(asked *cmdline.Options) (findings []Finding, lacking []string, err error) {
	p := patient{asked: asked}
	for _, c := range checks {
		f := c.look(&p)
		f.Check = c.name
		if c.vital && f.Result == No {
			lacking = append(lacking, cmp.Or(f.cause, c.name))
		}
		findings = append(findings, f)
	}
	emulators, works, err := p.emulators()
	if err == nil && !works {
		lacking = append(lacking, cmp.Or(emulators[0].cause, "emulators"))
	}
	findings = append(findings, emulators...)
	for i := range findings {
		if findings[i].Remedy == nil {
			findings[i].Remedy = []string{} // an array in JSON, too
		}
	}
	return findings, slices.Compact(lacking), err
}

// format has a line for each finding, and its hints under it.
func format(findings []Finding) string {
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "%-8s %-20s %s\n", f.Result, f.Check, notes.Shown(f.Detail))
		for _, hint := range f.Remedy {
			fmt.Fprintf(&text, "%-8s hint: %s\n", "", notes.Shown(hint))
		}
	}
	return text.String()
}

func ok(format string, args ...any) Finding {
	return Finding{Result: OK, Detail: fmt.Sprintf(format, args...)}
}

// bad is for an error, and the hints that go with it.
func bad(result string, err error, hints ...string) Finding {
	return Finding{Result: result, Detail: err.Error(), Remedy: append(hints, remedy.Hints(err)...)}
}

// needs is for what cannot be tried because an earlier check failed, which has said what to do.
func needs(check string) Finding {
	return Finding{Result: No, Detail: "needs " + check, cause: check}
}

// unless is the name of a check that has failed; "" if it has not.
func unless(f Finding, check string) string {
	if f.Result == No {
		return check
	}
	return ""
}
