// Package chroot makes a directory tree the root of a launch: the change of the root, and what is
// mounted in it.
//
// The root is changed with pivot_root(2) and the old one detached, so that nothing of the host is
// left within reach and nested user namespaces work, which chroot(2) alone forbids
// (user_namespaces(7)). It knows nothing of ids and rules.
package chroot

import (
	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/verb"
)

// Options is what was asked of this package, validated.
type Options struct {
	Root    string  // the tree; "" stays where we are
	Seen    string  // where Survey can look into it; "" for Root itself
	Dir     string  // the working directory of the target, inside the root; "" for none in particular
	Proc    Proc    // what becomes of /proc
	ProcDir string  // where
	Shares  bool    // mounts spread to the caller's namespace, or from it
	Pivot   bool    // the mounts are the target's own
	Beneath verb.FD // a mount to keep alive out of sight, under the root; "" for none
	InitEnv string  // what /proc/1/environ is to say, with AnyProc; "" leaves it as it is

	Operations []Operation                   // what is mounted in the root, in this order; they need a Root
	ReadOnly   bool                          // the root, all that is mounted in it before the operations
	Ephemeral  bool                          // what is changed in the root is changed in a layer over it
	UpperDir   string                        // the host's directory that keeps this layer; "" lets it vanish
	Mapped     func(user, group uint32) bool // whose files can be changed; nil for everybody's
	TTYGroup   bool                          // group 5 is mapped: terminals belong to it, as everywhere
	OwnNet     bool                          // a new sysfs shows what is the target's own
	OwnIPC     bool                          // so does a new mqueue
	Watched    bool                          // somebody watches for who removes what is lent to the tree, for as long as anything runs in it
	Peopled    bool                          // there is somebody inside who changes the tree's accounts
	Furnish    bool                          // what every root has is made in a tree of the caller's own, on the disk
	GuessedDir bool                          // Dir is not what was asked for: work in Home, or else in "/", if it is not there
	Home       string                        // "" for none
	Told       *notes.Notes                  // takes what the target might miss; nil for nobody
}

// Proc says which proc(5) the target sees.
type Proc uint8

const (
	// SameProc leaves what is there: the host's without a root, the tree's directory with one.
	SameProc Proc = iota
	// NewProc mounts a new one, which shows the pid namespace of the target.
	NewProc
	// HostProc shows the host's inside the root, for a target that lives in the host's pid
	// namespace: a new one would be refused there (proc(5) belongs to the user namespace that owns
	// the pid namespace).
	HostProc
	// AnyProc is NewProc where the kernel allows one, and HostProc where parts of the present one
	// are covered, as container engines do (mount_too_revealing in fs/namespace.c, EPERM).
	AnyProc
)

// procDir is where /proc is, on the host.
const procDir = "/proc"

const procFlags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
