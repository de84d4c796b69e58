package binfmt

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// Options is what was asked of this package, validated.
type Options struct {
	Instance bool    // the user namespace gets an instance of its own
	Kept     []*Rule // the host's rules, which may fail
	Rules    []*Rule
	Dir      string // where the target sees the instance; "" for nowhere
	ReadOnly bool   // there and wherever it is mounted later it can only be looked at
}

// Instance is the descriptor of the instance that Load makes. Its rules live as long as it, or a
// mount of it, does (Linux 6.7, commit 21ca59b365c0).
const Instance verb.FD = "binfmt"

const filesystem = "binfmt_misc"

// Load makes an instance of binfmt_misc for the user namespace and writes the rules into it, one
// write(2) each. It needs no place to mount it, and so disturbs nothing; the emulators are opened
// now, on the host (flag F).
func (o *Options) Load() []verb.Step {
	if !o.Instance {
		return nil
	}
	steps := []verb.Step{{
		Call: verb.NewMount{Type: filesystem, As: Instance,
			Attributes: unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC},
		Reason: "make an instance of binfmt_misc",
	}}
	for _, r := range o.Kept {
		steps = append(steps, registration(r, true))
	}
	for _, r := range o.Rules {
		steps = append(steps, registration(r, false))
	}
	if o.ReadOnly {
		steps = append(steps, verb.Step{Call: verb.Reconfigure{Of: Instance, Option: "ro"},
			Reason: "keep the rules as they are"})
	}
	return steps
}

func registration(r *Rule, optional bool) verb.Step {
	return verb.Step{
		Call:   verb.WriteFile{Dir: Instance, Path: register, Text: r.String(), Optional: optional},
		Reason: "register " + r.Name,
	}
}

// register is the file that takes rules.
const register = "register"

// Attach mounts the instance where the target can see it.
func (o *Options) Attach() []verb.Step {
	if o.Dir == "" {
		return nil
	}
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	if o.ReadOnly {
		flags |= unix.MS_RDONLY
	}
	return []verb.Step{{
		Call:   verb.Mount{Source: filesystem, Target: o.Dir, Type: filesystem, Flags: flags},
		Reason: "show binfmt_misc",
	}}
}
