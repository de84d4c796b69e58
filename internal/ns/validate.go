package ns

import (
	"github.com/xunshare/xunshare/internal/remedy"
)

// Validate finds what cannot go together. Each error is one sentence.
func (o *Options) Validate() error {
	switch {
	case o.Setgroups == SetgroupsAllow && o.Groups.single() && len(o.Groups.Ranges) == 0:
		return remedy.New("--setgroups=allow and a map of one group exclude each other",
			"the kernel lets an ordinary user map a group only with setgroups(2) disabled: leave out --setgroups")
	case (o.Monotonic != nil || o.Boottime != nil) && !o.Kinds.Has(Time):
		return remedy.New("--monotonic and --boottime set the clocks of a new time namespace", "add --time")
	case o.persists(PID) && !o.Fork:
		return remedy.New("--pid=FILE: a pid namespace can be kept only when it has its first process", "add --fork")
	}
	return nil
}

func (o *Options) persists(k Kind) bool {
	for _, p := range o.Persist {
		if p.Kind == k {
			return true
		}
	}
	return false
}
