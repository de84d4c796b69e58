package main

import (
	"cmp"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/remedy"
)

// chooseIDs does without the sub-ids of --map=auto where there are none that can be mapped: then
// what would need them is faked.
func (o *resolved) chooseIDs(f *Facts) {
	switch {
	case o.NS.Offer == ns.NoIDs && f.NS.Refused == nil:
		return
	case f.NS.Refused == nil && f.NS.UID == 0:
		f.IDs = "all"
	case f.NS.Refused == nil:
		f.IDs = "subids"
		o.notes.Detail("your sub-ids are mapped")
	default:
		f.IDs = "single"
		o.notes.Detail("only one id is mapped: %v", f.NS.Refused)
		o.FakeIDs = o.FakeIDs || o.MapAuto
	}
}

// chooseRoot finds out who user and group 0 are. A map that was written out counts more than what
// --map=auto, and so --into, would make of the caller. Else the owner of the tree's root is root in
// it: mmdebstrap, LXC and podman make trees of sub-ids.
func (o *resolved) chooseRoot() error {
	if o.MapAuto {
		err := cmp.Or(yield(&o.NS.Users, os.Geteuid(), "--map-users", "--map-user"), yield(&o.NS.Groups, os.Getegid(), "--map-groups", "--map-group"))
		if err != nil {
			return err
		}
	}
	var st unix.Stat_t
	if !o.FollowTree || o.Root == "" || unix.Stat(o.Root, &st) != nil {
		return nil
	}
	o.NS.Users.Zero, o.NS.Groups.Zero = &st.Uid, &st.Gid
	return nil
}

// yield has the caller's own id, whom --map=auto has made 0, give way to the ranges of an option
// that map 0. It is an error if they map the caller as well, to something else; single is the
// option that would say which.
func yield(ids *ns.IDs, own int, ranges, single string) error {
	isZero := ids.Single != nil && *ids.Single == 0
	for _, spec := range ids.Ranges {
		switch e := spec.Extent; {
		case spec.Kind != idmap.Given || ids.Single == nil:
		case e.Inside == 0:
			ids.Single, ids.AsRoot = nil, true
		case isZero && uint64(own) >= uint64(e.Outside) && uint64(own) < uint64(e.Outside)+uint64(e.Count):
			return remedy.New(fmt.Sprintf("%s=%s maps you, and --map=auto (or --into) maps you to 0", ranges, e),
				"choose the id that you have inside: leave out the range and add "+single+"=ID")
		}
	}
	return nil
}
