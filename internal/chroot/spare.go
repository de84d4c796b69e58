package chroot

import (
	"github.com/xunshare/xunshare/internal/verb"
)

// An init closes its memory (pidone.go of package launch), and /proc/1/environ with it, where tools
// look for "container=" to find out whether they are in one. A file of ours on that path gives the
// answer. But a proc of which a part is covered counts as not visible in the user namespaces
// inside, and no other could be mounted there (mount_too_revealing in fs/namespace.c). So a second
// proc, of which nothing is covered, lies in a tmpfs beneath the root, where no path leads.
const (
	spare   verb.FD = "spare"   // that tmpfs
	initEnv verb.FD = "initenv" // the file for /proc/1/environ
)

const keepSpare = "keep a proc beneath the root that is not covered"

func (o *Options) makeSpare() []verb.Step {
	if o.InitEnv == "" {
		return nil
	}
	return []verb.Step{{Call: verb.NewMount{Type: "tmpfs", Options: []string{"source=tmpfs", "mode=755"},
		Attributes: verb.LayerAttributes, As: spare}, Reason: keepSpare}}
}

// furnishSpare needs the tmpfs to be attached. Where the kernel allows no new proc there is nothing
// to keep.
func (o *Options) furnishSpare() []verb.Step {
	if o.InitEnv == "" {
		return nil
	}
	const file = "environ"
	var steps []verb.Step
	for _, call := range [...]verb.Call{
		verb.Chdir{FD: spare},
		verb.MakeDir{Path: "proc", Mode: 0o755},
		verb.Mount{Source: "proc", Target: "proc", Type: "proc", Flags: procFlags, Optional: true},
		verb.CreateFile{Path: file, Text: o.InitEnv, Mode: 0o444},
		verb.CloneTree{Path: file, As: initEnv},
	} {
		steps = append(steps, verb.Step{Call: call, Reason: keepSpare})
	}
	return steps
}

// answer shows the file on /proc/1/environ of the new proc at dir.
func (o *Options) answer(dir string) []verb.Call {
	if o.InitEnv == "" {
		return nil
	}
	return []verb.Call{verb.MoveMount{From: initEnv, To: dir + "/1/environ"}}
}

// dropSpare closes the descriptors.
func (o *Options) dropSpare() []verb.Step {
	if o.InitEnv == "" {
		return nil
	}
	return []verb.Step{{Call: verb.Close{FD: initEnv}, Reason: keepSpare}, {Call: verb.Close{FD: spare}, Reason: keepSpare}}
}
