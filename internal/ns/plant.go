package ns

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// Tools that make user namespaces with sub-ids call newuidmap(1) and newgidmap(1), which are
// set-uid root: inside, where the host's root is nobody, that makes them nothing. So copies of them
// with file capabilities, which count in the namespaces of this launch only, cover the host's.

// helperCopy is a helper and what is in it.
type helperCopy struct {
	path, text string
	capability uint32
}

// copies reads the helpers. One that cannot be read is left as it is.
func copies(f Facts) (found []helperCopy) {
	for _, h := range []helperCopy{{path: f.UIDMap, capability: 1 << unix.CAP_SETUID}, {path: f.GIDMap, capability: 1 << unix.CAP_SETGID}} {
		if text, err := os.ReadFile(h.path); err == nil {
			h.text = string(text)
			found = append(found, h)
		}
	}
	return found
}

// workshop is where the copies are made, on a tmpfs that is gone afterwards.
const workshop = "/tmp"

// Plant puts the copies in place, if the target lives in a namespace inside and may use them there.
func (o *Options) Plant(f Facts) []verb.Step {
	if !o.nested(f) || o.Offer != SameIDs || !o.Kinds.Has(Mount) || len(f.helpers) == 0 {
		return nil
	}
	const reason = "let newuidmap and newgidmap work inside"
	steps := []verb.Step{{Call: verb.Mount{Source: "tmpfs", Target: workshop, Type: "tmpfs", Flags: unix.MS_NODEV}, Reason: reason}}
	for _, h := range f.helpers {
		made := workshop + "/" + filepath.Base(h.path)
		steps = append(steps,
			verb.Step{Call: verb.CreateFile{Path: made, Text: h.text, Mode: 0o755, Capabilities: h.capability}, Reason: reason},
			verb.Step{Call: verb.Mount{Source: made, Target: h.path, Flags: unix.MS_BIND}, Reason: reason})
	}
	return append(steps, verb.Step{Call: verb.Unmount{Target: workshop, Flags: unix.MNT_DETACH}, Reason: reason})
}
