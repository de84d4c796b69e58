package rules

import (
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
)

// servedByHost tells whether the host's own rules run all that is asked for, as it is asked: then a
// new instance, which hides them, would only take away. Their emulators cannot be told anything.
func (c *chooser) servedByHost(arches []*binfmt.Arch, host []*binfmt.Rule) bool {
	if c.Foreign.All || len(arches) == 0 || len(c.Rules)+len(c.Foreign.Sources)+len(c.Foreign.Emulators) > 0 {
		return false
	}
	if len(c.Foreign.Env)+len(c.sysroots) > 0 || c.Foreign.Native != nil {
		return false
	}
	for _, a := range arches {
		if !c.hostRuns(a, host) {
			return false
		}
	}
	return true
}

// hostRuns looks for the rule that would take programs of an architecture, and tries it.
func (c *chooser) hostRuns(a *binfmt.Arch, host []*binfmt.Rule) bool {
	for _, r := range slices.Backward(host) {
		if r.Matches(a.Sample(), "") {
			return a.Name != binfmt.Host().Name && c.suffices(r) && c.serves(r) && a.Runs()
		}
	}
	return false
}

// suffices tells whether one of the host's rules, as it is, does what is asked for.
func (c *chooser) suffices(r *binfmt.Rule) bool {
	onlyHere := !r.Has('F') && c.Root != ""
	shifts := r.Has('P') && !binfmt.PreservesArgv0()
	return !onlyHere && !shifts && !(c.Foreign.NoSetuid && r.Has('C'))
}

// serves tells whether nothing speaks against a rule that is in force. With flag F the kernel holds
// the emulator, which need not be found where we are: in a tree that xunshare has entered it is
// not.
func (c *chooser) serves(r *binfmt.Rule) bool {
	gone := strings.HasPrefix(r.Interpreter, ownDescriptors) || !inside.Exists("", r.Interpreter)
	return r.Has('F') && gone || c.judge(r) == nil
}

// keep takes over the host's rules, as far as they can work.
func (c *chooser) keep(host []*binfmt.Rule, skipped []string) {
	for _, why := range skipped {
		c.notes.Detail("not kept: %s", why)
	}
	names := map[string]bool{}
	for _, r := range c.Loaded {
		names[r.Name] = true
	}
	for _, r := range host {
		copied := strings.HasPrefix(r.Interpreter, ownDescriptors)
		if copied && names[r.Name] {
			continue // made anew already
		}
		if names[r.Name] {
			r = rebuilt(r)
			r.Name += "-host"
		}
		c.Kept = append(c.Kept, c.taken(r, copied)...)
	}
}

// taken are the rules that stand for one of the host's; none if it cannot work.
func (c *chooser) taken(r *binfmt.Rule, copied bool) []*binfmt.Rule {
	if copied {
		anew, err := c.again(r)
		if err != nil {
			c.notes.Detail("not kept: rule %q: %v", r.Name, err)
		}
		return anew
	}
	if err := c.judge(r); r.Has('F') && err != nil {
		c.notes.Detail("not kept: %v", err)
		return nil
	}
	return []*binfmt.Rule{c.briefKept(r)}
}
