package main

import (
	"path"
	"slices"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/verb"
)

// apt downloads as a user of its own, and reads its ids back to be sure that it has become that (SetupAPTPartialDirectory
// and DropPrivileges in apt's sources), which faked ids do not stand. It has a setting for it, and a variable that names a
// file of settings: we put one into our /dev, for the tree is not ours to write to.
const (
	aptVariable = "APT_CONFIG" // apt.conf(5)
	aptFile     = "/dev/xunshare-apt.conf"
	aptSetting  = "APT::Sandbox::User \"root\";\n"
)

// configuresApt tells whether apt in the root needs the setting, and can be given it.
func (o *resolved) configuresApt() bool {
	hasDev := slices.ContainsFunc(o.Operations, func(op chroot.Operation) bool { return op.Kind == chroot.Devices })
	covered := slices.ContainsFunc(o.Operations, func(op chroot.Operation) bool { return path.Clean("/"+op.Target) == path.Dir(aptFile) })
	return o.FakeIDs && len(o.NS.Users.Ranges) == 0 && hasDev && !covered && o.Root != "" && o.in.Exists("/etc/apt")
}

func (o *resolved) configureApt(f *Facts) []verb.Step {
	if !f.Apt {
		return nil
	}
	return []verb.Step{{Call: verb.CreateFile{Path: aptFile, Text: aptSetting, Mode: 0o644}, Reason: "let apt do without a user of its own"}}
}
