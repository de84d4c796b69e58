package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// The descriptors of this package's steps.
const (
	tree  verb.FD = "tree"  // the mounts of the new root
	proc  verb.FD = "proc"  // the host's /proc
	host  verb.FD = "host"  // the host's root directory
	cover verb.FD = "cover" // the layer over the root
)

// Enter changes the root. The old one is still mounted afterwards, out of sight on top of the new
// one, until Leave: a new proc can only be mounted while another one is visible somewhere
// (mount_too_revealing in fs/namespace.c).
func (o *Options) Enter(f Facts) []verb.Step {
	switch {
	case o.Root == "":
		return nil
	case !o.Pivot:
		return []verb.Step{
			{Call: verb.Chroot{Path: o.Root}, Reason: enterRoot},
			{Call: verb.Chdir{Path: "/"}, Reason: enterRoot},
		}
	}
	steps := append(o.carryProc(), o.carryHost()...)
	switch {
	case o.stacks(f):
		return append(steps, o.enterStack(f)...)
	case f.Here: // a mount on "/" would cover it for everybody but us
		return append(steps, verb.Step{Call: verb.Chdir{Path: "/"}, Reason: enterRoot})
	}
	return append(steps, o.enterPlain(f)...)
}

const (
	enterRoot   = "enter the root"
	prepareRoot = "make the root a mount of its own"
)

// enterPlain makes the root a mount point by binding it on itself, which every kernel can.
func (o *Options) enterPlain(f Facts) []verb.Step {
	return append([]verb.Step{
		{Call: verb.Mount{Source: o.Root, Target: o.Root, Flags: unix.MS_BIND | unix.MS_REC}, Reason: prepareRoot},
		{Call: verb.Chdir{Path: o.Root}, Reason: enterRoot},
	}, turn(f, 0)...)
}

// stacks tells whether more mounts than the tree's are stacked where the root is.
func (o *Options) stacks(f Facts) bool {
	return o.Beneath != "" || o.InitEnv != "" || o.ReadOnly || o.Ephemeral || f.Cover != nil || f.Here && len(o.Operations) > 0
}

// enterStack builds a stack at the root's path and makes the lowest of it the root of the
// namespace: the mount to keep, if there is one, the tree on it, and on that the layer for what the
// tree lacks, if it does. Then the uppermost, which covers the others, becomes the root of the
// process. The kernel counts a process at the top of its namespace's root as not chrooted
// (current_chrooted in fs/namespace.c), and no path leads to the lower mounts, so nothing inside
// can take them away.
//
//	before    / ─ host         after    / ─ kept mount ─ tree ─ layer  (and on it, until Leave, the host)
func (o *Options) enterStack(f Facts) []verb.Step {
	steps := append(o.makeTree(f), o.makeSpare()...)
	base, top, others := tree, tree, -1
	first := verb.MoveMount{To: o.Root, Follow: true}
	for _, m := range [...]struct {
		fd     verb.FD
		wanted bool
		reason string
	}{{o.Beneath, o.Beneath != "", "keep the rules beneath the root"}, {spare, o.InitEnv != "", keepSpare}, {tree, true, prepareRoot}} {
		if !m.wanted {
			continue
		}
		if first.From == "" {
			base = m.fd
		}
		first.From = m.fd
		others++
		steps = append(steps, verb.Step{Call: first, Reason: m.reason})
		first.To, first.Follow, first.OnTo = "", false, m.fd
	}
	steps = append(steps, o.furnishSpare()...)
	steps = append(steps, o.protectLater(f)...)
	if f.Cover != nil {
		top, others = cover, others+1
		steps = append(steps, verb.Step{Call: f.Cover.call(tree, cover), Reason: makeLayer})
	}
	steps = append(steps, verb.Step{Call: verb.Chdir{FD: base}, Reason: enterRoot})
	if base == top {
		return append(steps, turn(f, 0)...)
	}
	return append(steps, turn(f, others, verb.Chdir{FD: top})...)
}

// carryProc takes hold of the host's /proc before it goes out of reach.
func (o *Options) carryProc() []verb.Step {
	if !o.carriesProc() {
		return nil
	}
	return []verb.Step{{Call: verb.CloneTree{Path: procDir, As: proc}, Reason: "take /proc along"}}
}

func (o *Options) carriesProc() bool {
	return o.Root != "" && o.Pivot && (o.Proc == HostProc || o.Proc == AnyProc)
}

// MountProc gives the target its /proc.
func (o *Options) MountProc(f Facts) []verb.Step {
	if o.Proc == SameProc {
		return nil
	}
	var steps []verb.Step
	dir := o.ProcDir
	if f.Proc != nil {
		dir = f.Proc.Path
	}
	mount := verb.Mount{Source: "proc", Target: dir, Type: "proc", Flags: procFlags}
	show := verb.MoveMount{From: proc, To: dir}
	switch o.Proc {
	case HostProc:
		return append(steps, verb.Step{Call: show, Reason: "show the host's /proc"})
	case AnyProc: // the copy that is not needed leads to the host's processes
		try := verb.Try{First: mount, Then: o.answer(dir), Else: []verb.Call{verb.Say{Text: notNew}}}
		if !o.carriesProc() { // it is there already
			return append(o.keepApart(dir), verb.Step{Call: try, Reason: "mount a new proc"})
		}
		try.Else = append([]verb.Call{show}, try.Else...)
		steps = append(steps, verb.Step{Call: try, Reason: "mount a new proc"},
			verb.Step{Call: verb.Close{FD: proc}, Reason: "let go of the host's /proc"})
		return append(steps, o.dropSpare()...)
	}
	steps = append(steps, o.keepApart(dir)...)
	return append(steps, verb.Step{Call: mount, Reason: "mount a new proc"})
}

// keepApart keeps a mount on the directory from showing up in the caller's namespace. A directory
// that is no mount point cannot be made private by itself (EINVAL); in a root that is the usual
// case.
func (o *Options) keepApart(dir string) []verb.Step {
	if !o.Shares {
		return nil
	}
	private := verb.Propagation(dir, unix.MS_PRIVATE)
	private.Optional = true
	return []verb.Step{{Call: private, Reason: "make the new proc private"}}
}

// Leave lets go of the old root, which lies on top of the new one, where the working directory
// still is.
func (o *Options) Leave(f Facts) []verb.Step {
	if o.Root == "" || !o.Pivot {
		return nil
	}
	steps := o.drop(f)
	if f.OnInitramfs || f.Here && !o.stacks(f) {
		return steps
	}
	return append(steps, verb.Step{Call: verb.Unmount{Target: ".", Flags: unix.MNT_DETACH}, Reason: leaveRoot})
}

const leaveRoot = "let go of the old root"

// WorkIn changes the working directory. A relative one is relative to the root that was entered:
// the caller's own is out of reach by now.
func (o *Options) WorkIn() []verb.Step {
	if o.Dir == "" {
		return nil
	}
	var steps []verb.Step
	if o.Home != "" {
		steps = append(steps, verb.Step{Call: verb.Chdir{Path: o.Home, Optional: true}, Reason: "work at home"})
	}
	return append(steps, verb.Step{Call: verb.Chdir{Path: o.Dir, Optional: o.GuessedDir}, Reason: "change the working directory"})
}

// turn makes the mount at the working directory the root of the namespace, and of the process. If
// others lie on it, and the process has to go up to the last of them, up leads there.
//
// pivot_root(2) is refused on the initramfs, in a chroot that a shared mount holds (EINVAL), by the
// filters of container engines (EPERM, ENOSYS) and by security modules (EACCES). Then the root is
// covered, as switch_root(8) does, or at least changed.
func turn(f Facts, others int, up ...verb.Call) []verb.Step {
	enter := append(up, verb.Chroot{Path: "."})
	if f.OnInitramfs {
		steps := []verb.Step{{Call: coverRoot, Reason: enterRoot}}
		for _, call := range enter {
			steps = append(steps, verb.Step{Call: call, Reason: enterRoot})
		}
		return steps
	}
	turn := verb.Try{First: verb.PivotRoot{New: ".", Old: "."}, Any: true, Else: []verb.Call{
		verb.Try{First: coverRoot, Any: true, Then: []verb.Call{verb.Say{Text: note(Covered)}}, Else: []verb.Call{verb.Say{Text: note(Changed)}}}}}
	if len(up) > 0 {
		turn.Then = append(up[:len(up):len(up)], verb.Try{First: verb.Chroot{Path: "."}, Else: turnAgain(others)})
	}
	turn.Else = append(append(turn.Else, enter...), standIn)
	return []verb.Step{{Call: turn, Reason: enterRoot}}
}

// turnAgain is for a process at the top of the stack that may not change its root: containers
// without CAP_SYS_CHROOT have chroot(2) refused (EPERM). The mounts under the top then come to lie
// on the old root, and are let go: they keep things alive that nobody may take away, and it has to
// do without.
func turnAgain(others int) []verb.Call {
	calls := []verb.Call{verb.PivotRoot{New: ".", Old: "."}}
	for range others {
		calls = append(calls, verb.Unmount{Target: ".", Flags: unix.MNT_DETACH})
	}
	return calls
}

var (
	coverRoot = verb.Mount{Source: ".", Target: "/", Flags: unix.MS_MOVE}

	// standIn lies where pivot_root leaves the old root, on top of the new one: Leave detaches what
	// is uppermost there.
	standIn = verb.Mount{Source: "tmpfs", Target: ".", Type: "tmpfs"}
)

// What is said of a root that had to be entered in another way.
const (
	Covered = "pivot_root(2) is refused here, so the old root stays mounted, covered by the new one; " +
		"a program that may unmount can uncover it"
	Changed = "pivot_root(2) is refused here, so the root is entered by chroot(2) alone: no user namespaces can be made inside, " +
		"and root inside can leave it"
)

func note(sentence string) string { return "xunshare: note: " + sentence + "\n" }
