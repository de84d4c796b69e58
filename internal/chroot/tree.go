package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/mountlist"
	"github.com/xunshare/xunshare/internal/verb"
)

const (
	protect     = "make the root read-only"
	throwAway   = "put a layer over the tree"
	makeLayer   = "make a layer for what the tree lacks"
	sealLayer   = "keep what would be lost from being written there"
	makeMissing = "make a mount point"
)

// makeTree makes the mounts of the new root, not attached yet.
func (o *Options) makeTree(f Facts) []verb.Step {
	if o.Ephemeral {
		return o.makeOverlay(f)
	}
	steps := []verb.Step{{Call: verb.CloneTree{Path: o.Root, As: tree}, Reason: prepareRoot}}
	if o.ReadOnly && !f.OldKernel {
		steps = append(steps, verb.Step{
			Call: verb.SetAttributes{Of: tree, Attributes: unix.MOUNT_ATTR_RDONLY, Recursive: true}, Reason: protect})
	}
	return steps
}

// protectLater makes the root read-only where only mounts with a path can be.
func (o *Options) protectLater(f Facts) []verb.Step {
	if !o.ReadOnly || !f.OldKernel {
		return nil
	}
	steps := []verb.Step{{Call: verb.Chdir{FD: tree}, Reason: protect}}
	return append(steps, remount(".", f.RootMounts, protect)...)
}

// remount makes mounts read-only one by one, as kernels before 5.12 want it (commit 2a1867219c7b).
// All other flags have to stay as they are: the kernel has locked them (mount_namespaces(7)).
func remount(at string, mounts []mountlist.Submount, reason string) []verb.Step {
	var steps []verb.Step
	for _, m := range mounts {
		steps = append(steps, verb.Step{Call: verb.Mount{Target: at + m.Path,
			Flags: unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY | m.Flags}, Reason: reason})
	}
	return steps
}

// makeOverlay puts an overlay over the tree whose upper layer is a tmpfs, or a directory of the
// host. What it is made of is put together in a tmpfs that covers the tree meanwhile, so that no
// path of the caller's is among the options of the overlay, which would take colons, commas and
// backslashes for its own. It vanishes with the last process.
func (o *Options) makeOverlay(f Facts) []verb.Step {
	const lower, hidden, here verb.FD = "lower", "hidden", "here"
	var steps []verb.Step
	add := func(c verb.Call) { steps = append(steps, verb.Step{Call: c, Reason: throwAway}) }
	steps = append(steps, o.keepUpper(f)...)
	add(verb.CloneTree{Path: o.Root, As: lower})
	add(verb.OpenPath{Path: ".", As: here})
	add(verb.NewMount{Type: "tmpfs", Options: []string{"source=tmpfs", "mode=700"}, Attributes: verb.LayerAttributes, As: hidden})
	add(verb.MoveMount{From: hidden, To: o.Root, Follow: true})
	add(verb.Chdir{FD: hidden})
	add(verb.MakeDir{Path: "lower", Mode: 0o700})
	add(verb.MoveMount{From: lower, To: "lower"})
	if f.Parts != nil {
		for _, call := range o.assemble(f) {
			add(call)
		}
		return append(steps, leaveHidden(here, lower, hidden, here)...)
	}
	layers := "lower"
	if f.Others {
		add(verb.MakeDir{Path: "metadata", Mode: 0o700})
		add(verb.Meet{Work: ownMetadata{o.Root, "/", "metadata"}})
		layers = ownLayers
	}
	where := ""
	if o.UpperDir != "" {
		where = "kept/"
		add(verb.MakeDir{Path: "kept", Mode: 0o700})
		add(verb.MoveMount{From: kept, To: "kept"})
	} else {
		add(verb.MakeDir{Path: "upper", Mode: f.RootMode})
		add(verb.MakeDir{Path: "work", Mode: 0o700})
	}
	add(verb.NewMount{Type: overlay, As: tree,
		Options: []string{"source=overlay", "lowerdir=" + layers, "upperdir=" + where + "upper", "workdir=" + where + "work", "userxattr"}})
	if o.UpperDir != "" {
		// The kernel makes this directory with mode 0 (ovl_workdir_create in fs/overlayfs/super.c)
		// and keeps a whiteout in it, so rm -rf by the owner would fail. It is changed here and not
		// at the end, which a launch that is killed does not see.
		add(verb.Chmod{Path: where + "work/work", Mode: 0o700, Optional: true})
	}
	return append(steps, leaveHidden(here, o.overlayFDs(lower, hidden, here)...)...)
}

// leaveHidden uncovers the tree, goes back to here, and lets go of descriptors.
func leaveHidden(here verb.FD, fds ...verb.FD) []verb.Step {
	steps := []verb.Step{
		{Call: verb.Unmount{Target: ".", Flags: unix.MNT_DETACH}, Reason: throwAway},
		{Call: verb.Chdir{FD: here}, Reason: throwAway},
	}
	for _, fd := range fds {
		steps = append(steps, verb.Step{Call: verb.Close{FD: fd}, Reason: throwAway})
	}
	return steps
}

const (
	overlay   = "overlay"
	ownLayers = "metadata::lower" // the second has nothing but data

	kept verb.FD = "kept" // the directory that keeps the upper layer
)

func (o *Options) overlayFDs(fds ...verb.FD) []verb.FD {
	if o.UpperDir != "" {
		return append(fds, kept)
	}
	return fds
}

// keepUpper prepares the directory that keeps the upper layer.
func (o *Options) keepUpper(f Facts) []verb.Step {
	if o.UpperDir == "" {
		return nil
	}
	const reason = "prepare the directory of --ephemeral"
	return []verb.Step{
		{Call: verb.MakeDir{Path: o.UpperDir, Mode: 0o755, Existing: true}, Reason: reason},
		// Two overlays with one directory do what is not defined (overlayfs.rst, "Sharing and
		// copying layers").
		{Call: &verb.Claim{Dir: o.UpperDir}, Reason: reason},
		{Call: verb.MakeDir{Path: o.UpperDir + "/upper", Mode: f.RootMode, Existing: true}, Reason: reason},
		{Call: verb.MakeDir{Path: o.UpperDir + "/work", Mode: 0o700, Existing: true}, Reason: reason},
		{Call: verb.CloneTree{Path: o.UpperDir, As: kept}, Reason: reason},
	}
}

// A LayerFact is a directory to be covered, so that something can be made in it.
type LayerFact struct {
	Path    string // inside the root
	Mode    uint32
	Entries []verb.Entry
}

// call makes the layer; over the root of a mount if on is not "".
func (l *LayerFact) call(on, as verb.FD) verb.Layer {
	call := verb.Layer{On: on, Mode: l.Mode, Entries: l.Entries, As: as}
	if on == "" {
		call.Path = l.Path
	}
	return call
}

// make makes the mount point, if it has to be made.
func (p *Point) make() []verb.Step {
	var steps []verb.Step
	if p.Layer != nil {
		steps = append(steps, verb.Step{Call: p.Layer.call("", ""), Reason: makeLayer})
	}
	if p.Remove != "" {
		steps = append(steps, verb.Step{Call: verb.Unlink{Path: p.Remove, Replaced: p.Again}, Reason: makeMissing})
	}
	for _, dir := range p.Dirs {
		steps = append(steps, verb.Step{Call: verb.MakeDir{Path: dir, Mode: modeOf(dir), Existing: p.Again}, Reason: makeMissing})
	}
	if p.File {
		steps = append(steps, verb.Step{Call: verb.MakeFile{Path: p.Path, Existing: p.Again}, Reason: makeMissing})
	}
	return steps
}

// Seal makes the layers read-only: a file that is made in one of them would vanish with the
// program.
func (o *Options) Seal(f Facts) []verb.Step {
	var steps []verb.Step
	for _, path := range f.Sealed {
		call := verb.Call(verb.SetAttributes{Path: path, Attributes: unix.MOUNT_ATTR_RDONLY})
		if f.OldKernel {
			call = verb.Mount{Target: path, Flags: unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV}
		}
		steps = append(steps, verb.Step{Call: call, Reason: sealLayer})
	}
	return steps
}
