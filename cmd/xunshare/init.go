package main

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// initialize makes the process an init. It is tied to xunshare's life by the target's death signal, which it passes on
// as any other; SIGKILL ties it from the start.
func (o *resolved) initialize() []verb.Step {
	if !o.Init {
		return nil
	}
	var steps []verb.Step
	if o.NS.KillChild && o.NS.DeathSigno != unix.SIGKILL {
		steps = append(steps, verb.Step{Call: verb.DeathSignal{Signal: o.NS.DeathSigno}, Reason: "tie the init to xunshare's life"})
	}
	return append(steps, verb.Step{Call: verb.Init{}, Reason: "start the program under an init"})
}
