package difftest

import (
	"slices"
	"strings"
)

// A Deviation is a way in which xunshare differs from unshare(1) on purpose. Nothing else may
// differ.
type Deviation struct {
	Name   string
	Manual string // what the manual says about it
	// expect makes of what unshare(1) does what is expected of xunshare. Nil if only the cases that
	// name it show it.
	expect func(f *facts, c *Case, o Observation)
}

// Deviations are all there are.
var Deviations = []Deviation{
	{"child", "With a new user namespace the program is a child of xunshare, also without --fork.", becomeChild},
	{"pivot_root", "--root makes the tree the root of the mount namespace, where it has one of its own: " +
		"/proc/self/mountinfo shows the tree's mounts, among them one on /, and user namespaces can be made inside.", mountRoot},
	{"dies with its parent", "A program that is a child of xunshare is killed if xunshare dies, with and without --kill-child.", nil},
	{"kill-child survives a change of ids", "--kill-child works together with --setuid and --setgid.", nil},
	{"wd inside the root", "A relative --wd is relative to the new root.", nil},
	{"deny is said twice", "--setgroups=deny may be given where it is in force anyway, and with maps of several groups.", nil},
	{"ids are checked", "Ids that there cannot be, and ranges of none, are refused.", nil},
	{"an empty list is refused", "--whitelist-env refuses an empty list, and names that no variable can have.", nil},
	{"all sub-ids", "--map-auto and --map-subids map all ranges of a user.", nil},
	{"root's own sub-ids", "Root's sub-ids are those of the user root, not those of the first user there is.", nil},
	{"helpers that fail", "If newuidmap(1) or newgidmap(1) fails or is killed the status is 1, and the program is not started.", nil},
	{"dies as the program did", "If a signal kills the program the same kills xunshare. Where that is not possible, as for the " +
		"first process of a pid namespace, it exits with 128 plus its number.", nil},
	{"one core", "Only the program itself dumps core, not xunshare too.", nil},
	{"proc of one's own", "--mount-binfmt mounts a proc(5) only in a pid namespace of the program's own.", nil},
	{"rules are checked", "A rule that is no rule, or whose emulator cannot work, is refused.", nil},
	{"rules imply --fork", "--load-interp and --pid together imply --fork.", nil},
	{"bound first", "A namespace is bound on its file before the program starts; if that fails it does not start. It " +
		"is let go again if the program cannot be started.", nil},
}

// becomeChild is for programs that unshare(1) becomes.
func becomeChild(_ *facts, _ *Case, o Observation) {
	if o["namespace-user"] != "new" || o["pid"] != "launcher" {
		return
	}
	o["pid"], o["ppid"] = "other", "launcher"
	o["pid-in-proc"], o["parent-in-proc"] = "other", "launcher"
}

// mountRoot is for trees in mount namespaces whose mounts are not shared with the caller's.
func mountRoot(f *facts, c *Case, o Observation) {
	if o["directory-/"] != "tree" || o["namespace-mnt"] != "new" {
		return
	}
	root := f.hostRoot
	switch {
	case strings.Contains(c.Args, "shared"):
		fields := strings.Fields(root)
		root = strings.Join(slices.Insert(fields, 2, "shared"), " ")
		fallthrough
	case strings.Contains(c.Args, "unchanged"):
		if o["namespace-user"] != "new" {
			return
		}
	}
	mounts := append(strings.Split(o["mounts"], "\n"), root)
	slices.Sort(mounts)
	o["mounts"] = strings.Join(mounts, "\n")
}
