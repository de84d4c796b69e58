package ns

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/verb"
)

// rooted maps 0 to Zero, if that is one of the ids of automatic ranges.
func (i IDs) rooted(blocks []idmap.Block, own int) (idmap.Map, bool) {
	if i.Zero == nil || *i.Zero == uint32(own) || i.Single == nil || *i.Single != 0 {
		return nil, false
	}
	var ranges []idmap.Range
	for _, b := range blocks {
		if !b.Auto {
			return nil, false
		}
		ranges = append(ranges, idmap.Range{First: b.Outside, Count: b.Count})
	}
	m, ok := idmap.Rooted(*i.Zero, uint32(own), ranges)
	return m, ok && idmap.Check(m) == nil
}

// becomesRoot tells whether the target is 0 inside without being so by the map, as the caller's own
// id would be.
func (i IDs) becomesRoot(whole idmap.Map, own int) bool {
	wanted := i.AsRoot || i.Zero != nil && i.Single != nil && *i.Single == 0
	for _, e := range whole {
		if e.Inside == 0 {
			return wanted && e.Outside != uint32(own)
		}
	}
	return false
}

// becomeRoot makes the child root of the namespace where the caller's own id is another there: what
// is made from now on is root's. A change of ids takes the death signal away, and the files in
// /proc, which the parent looks at (prctl(2)).
func becomeRoot(f Facts) []verb.Step {
	const reason = "become root of the namespace"
	if !f.RootUser && !f.RootGroup {
		return nil
	}
	var steps []verb.Step
	if f.RootGroup {
		steps = append(steps, verb.Step{Call: verb.SetGroup{}, Reason: reason})
	}
	if f.RootUser {
		steps = append(steps, verb.Step{Call: verb.SetUser{}, Reason: reason})
	}
	return append(steps, verb.Step{Call: verb.OpenMemory{}, Reason: reason},
		verb.Step{Call: verb.DeathSignal{Signal: unix.SIGKILL}, Reason: "tie the child to xunshare's life"})
}
