package chroot

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/verb"
)

// A ClosedError says that the caller may not search the root, or not list it. Root of a namespace
// that has the owner's id may.
type ClosedError struct {
	Root        string
	User, Group uint32 // whose it is
	Searchable  bool   // it can be entered as it is
}

// Error names the root, and what the caller lacks.
func (e *ClosedError) Error() string {
	return fmt.Sprintf("root %s: you may not search this directory (it lacks the x permission for you)", e.Root)
}

// Unwrap returns the error with its remedy.
func (e *ClosedError) Unwrap() error {
	return remedy.New(e.Error(), "the tree has to belong to you, or be open to all: chmod a+x "+e.Root)
}

// View shows a tree whose own directory the caller may not search: an overlay has the mode of its
// upper layer, and looks into the lower one with the credentials of whoever mounted it. The steps
// are a helper's, which is root of a namespace of its own; it hands over the directory.
func View(root string) []verb.Step {
	o := Options{Root: root, Ephemeral: true}
	const reason = "look into the root"
	steps := o.makeOverlay(Facts{Mounts: Mounts{RootMode: 0o755}})
	return append(steps, verb.Step{Call: verb.Chdir{FD: tree}, Reason: reason},
		verb.Step{Call: verb.OpenPath{Path: ".", As: seen}, Reason: reason},
		verb.Step{Call: verb.HandOver{FD: seen}, Reason: reason})
}

const seen verb.FD = "seen"

// rootMode is the mode of the root itself, which a view has another of.
func (o *Options) rootMode(st unix.Stat_t) uint32 {
	if o.Seen != "" {
		_ = unix.Stat(o.Root, &st)
	}
	return st.Mode & 0o7777
}

// OpenedAt is the path of an open directory, for this process only.
func OpenedAt(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// CloseView lets go of the view, which an init would keep.
func CloseView(fd int) { unix.Close(fd) }
