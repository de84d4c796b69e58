package main

import (
	"slices"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/verb"
)

// isCompanion tells whether a is the host's 32-bit companion, and this kernel is to run its programs.
func (o *Options) isCompanion(a *binfmt.Arch) bool {
	return a.Name != binfmt.Host().Name && a.RunsHere() && !o.emulates(a)
}

// runsCompanion tells whether the target is a program of the companion, and not one in a tree of the host's own architecture,
// whose other programs would be told the wrong machine. Of a target that does not tell, the tree does.
func (o *Options) runsCompanion(files []string) bool {
	var all []*binfmt.Arch
	if _, h := o.program(files); h != nil {
		all = append(all, h.Arch())
	}
	if o.Root != "" {
		all = append(all, o.treeArch())
	}
	all = slices.DeleteFunc(all, func(a *binfmt.Arch) bool { return a == nil })
	return len(all) > 0 && !slices.ContainsFunc(all, func(a *binfmt.Arch) bool { return !o.isCompanion(a) })
}

// personality gives programs of the host's 32-bit companion the machine that they expect of uname(2).
func (f *ruleFacts) personality() []verb.Step {
	if !f.Companion {
		return nil
	}
	return []verb.Step{{Call: verb.Personality{Domain: verb.Linux32}, Reason: "tell the machine of a 32-bit system"}}
}
