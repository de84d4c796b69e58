package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/mountlist"
	"github.com/xunshare/xunshare/internal/verb"
)

// An Operation is one of the things that are mounted in the root. Its place is looked up inside the
// root, among what the operations before it have mounted, and made if it is not there: in a layer
// of ours, never on the disk.
type Operation struct {
	Kind     OperationKind
	Source   string // what Bind shows: an absolute path of the host
	Target   string // where: an absolute path inside the root; Devices, System and Resolver know theirs
	ReadOnly bool   // Bind makes it so, with all that is mounted under it
	Data     string // options of Tmpfs, as mount(2) takes them; what File says, and Append adds
	Sealed   Sealed // what Hidden shows
}

// OperationKind says what an operation mounts.
type OperationKind uint8

const (
	// Bind shows a file or directory of the host, with all that is mounted under it.
	Bind OperationKind = iota
	// Tmpfs is an empty tmpfs.
	Tmpfs
	// Devices is a tmpfs on /dev with the devices that every program may expect.
	Devices
	// System is sysfs on /sys.
	System
	// Resolver shows the host's resolv.conf, if the tree has a place for one.
	Resolver
	// File makes a file in /run, unless something is in its place.
	File
	// Append shows a file of the tree with Data at its end, if it is there.
	Append
	// Hidden shows a Sealed.
	Hidden
)

// MountAll makes all places and performs the operations, but for those of MountInProc.
func (o *Options) MountAll(f Facts) []verb.Step {
	var steps []verb.Step
	if f.Proc != nil && o.Proc != SameProc { // in whose layers some of the others may be
		steps = f.Proc.make()
	}
	return append(steps, o.mountThose(f, func(p Point) bool { return !o.inProc(f, p.Path) })...)
}

// MountInProc performs those that go into the new /proc.
func (o *Options) MountInProc(f Facts) []verb.Step {
	return o.mountThose(f, func(p Point) bool { return o.inProc(f, p.Path) })
}

// inProc tells whether a path is in what MountProc mounts. All other operations are performed
// before there is a /proc: as long as there is none, a symbolic link that somebody puts into the
// tree meanwhile, or has left in a layer that is kept, cannot lead out through /proc/self/fd and
// /proc/self/cwd.
func (o *Options) inProc(f Facts, path string) bool {
	dir := o.ProcDir
	if f.Proc != nil {
		dir = f.Proc.Path
	}
	return o.Proc != SameProc && dir != "" && mountlist.IsUnder(path, dir)
}

func (o *Options) mountThose(f Facts, those func(p Point) bool) []verb.Step {
	var steps []verb.Step
	for i, op := range o.Operations {
		if p := f.Points[i]; !p.Skip && those(p) {
			steps = append(steps, p.make()...)
			steps = append(steps, o.mount(op, p, f)...)
		}
	}
	return steps
}

func (o *Options) mount(op Operation, p Point, f Facts) []verb.Step {
	switch op.Kind {
	case Tmpfs:
		return []verb.Step{{Call: verb.Mount{Source: "tmpfs", Target: p.Path, Type: "tmpfs",
			Flags: unix.MS_NOSUID | unix.MS_NODEV, Data: op.Data}, Reason: "mount a tmpfs"}}
	case File:
		return []verb.Step{{Call: verb.CreateFile{Path: p.Path, Text: op.Data, Mode: 0o644, Existing: p.Again}, Reason: "tell the program about its surroundings"}}
	case Devices:
		return o.mountDevices(p, f)
	case System:
		return o.mountSystem(p, f)
	case Resolver:
		return o.showResolver(p, f)
	case Append:
		return p.append(f)
	case Hidden:
		return op.Sealed.show(p.Path)
	}
	return p.bind(op.ReadOnly, f, "show what is on the host")
}

// bind shows the point's source.
func (p *Point) bind(readOnly bool, f Facts, reason string) []verb.Step {
	b := verb.Bind{From: host, Path: p.Source, To: p.Path}
	if readOnly && !f.OldKernel {
		b.Attributes = unix.MOUNT_ATTR_RDONLY
	}
	steps := []verb.Step{{Call: b, Reason: reason}}
	if readOnly && f.OldKernel {
		steps = append(steps, remount(p.Path, p.Mounts, reason)...)
	}
	return steps
}

// mountSystem mounts a new sysfs, which is allowed where the network namespace belongs to the
// target's user namespace and nothing covers parts of the present one (sysfs_init_fs_context,
// mount_too_revealing). Elsewhere it shows the host's, read-only.
func (o *Options) mountSystem(p Point, f Facts) []verb.Step {
	const reason = "mount /sys"
	shown := p.bind(true, f, reason)
	if !o.OwnNet {
		return shown
	}
	try := verb.Try{First: verb.Mount{Source: "sysfs", Target: p.Path, Type: "sysfs", Flags: procFlags}}
	for _, s := range shown {
		try.Else = append(try.Else, s.Call)
	}
	return []verb.Step{{Call: try, Reason: reason}}
}

// carryHost takes hold of the host's root before it goes out of reach.
func (o *Options) carryHost() []verb.Step {
	if !o.needsHost() {
		return nil
	}
	return []verb.Step{{Call: verb.OpenPath{Path: "/", As: host}, Reason: "keep the host's files within reach"}}
}

// drop closes the descriptors that lead to the host, and to what a layer covers: an init would keep
// them, for whoever may look at it.
func (o *Options) drop(f Facts) []verb.Step {
	var steps []verb.Step
	if o.needsHost() {
		steps = append(steps, verb.Step{Call: verb.Close{FD: host}, Reason: leaveRoot})
	}
	if f.Cover != nil {
		steps = append(steps, verb.Step{Call: verb.Close{FD: tree}, Reason: leaveRoot})
	}
	return steps
}

func (o *Options) needsHost() bool {
	for _, op := range o.Operations {
		if op.Kind != Tmpfs && op.Kind != File && op.Kind != Append {
			return true
		}
	}
	return false
}

// file is the place of a File. It is for programs that look for it, which do without: where /run is
// not one whose contents may vanish, or cannot be covered, or has the file, nothing is made.
func (s *survey) file(name string) Point {
	where, err := s.resolve(name)
	if err != nil || !mountlist.IsUnder(where.path(), runDir) || len(where.missing) == 0 || where.blocked {
		return Point{Skip: true}
	}
	p, err := s.point(name, false)
	if err != nil {
		return Point{Skip: true}
	}
	p.File = false // CreateFile makes it
	return p
}

const runDir = "/run"
