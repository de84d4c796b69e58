package cmdline

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/ns"
)

// setMap chooses an id map by name; the last of it and of the options for single ids counts.
func setMap(o *Options, v string) error {
	o.MapAuto, o.NS.Offer = false, ns.NoIDs
	switch v {
	case "root":
		return mapRoot(o, "")
	case "current":
		return mapCurrent(o, "")
	case "subids":
		err := cmp.Or(mapRoot(o, ""), mapAuto(o, ""))
		o.FollowTree = true
		return err
	case "auto":
		o.MapAuto, o.NS.Offer = true, ns.LowIDs
		err := mapRoot(o, "")
		o.FollowTree = true
		return err
	}
	return fmt.Errorf("%q is none of auto, root, current, subids", v)
}

func mapRoot(o *Options, _ string) error {
	o.FollowTree = false
	o.NS.Users.SetSingle(0)
	o.NS.Groups.SetSingle(0)
	return nil
}

func mapCurrent(o *Options, _ string) error {
	o.FollowTree = false
	o.NS.Users.SetSingle(uint32(os.Geteuid()))
	o.NS.Groups.SetSingle(uint32(os.Getegid()))
	return nil
}

func mapUser(o *Options, v string) error { return o.NS.Users.ParseSingle("user", v) }

func mapGroup(o *Options, v string) error { return o.NS.Groups.ParseSingle("group", v) }

func mapUsers(o *Options, v string) error { return addRange(&o.NS.Users, v) }

func mapGroups(o *Options, v string) error { return addRange(&o.NS.Groups, v) }

func addRange(ids *ns.IDs, v string) error {
	spec, err := idmap.Parse(v)
	ids.Ranges = append(ids.Ranges, spec)
	return err
}

func mapAuto(o *Options, _ string) error { return mapBoth(o, "auto") }

func mapSubids(o *Options, _ string) error { return mapBoth(o, "subids") }

func mapBoth(o *Options, word string) error {
	return errors.Join(mapUsers(o, word), mapGroups(o, word))
}

func setOwner(o *Options, v string) error {
	user, group, ok := strings.Cut(v, ":")
	if !ok {
		return fmt.Errorf("%q is not UID:GID", v)
	}
	uid, err := ns.ParseID(user)
	gid, err2 := ns.ParseID(group)
	o.NS.Owner = &ns.Owner{User: uid, Group: gid}
	return cmp.Or(err, err2)
}

func setUser(o *Options, v string) error {
	id, err := ns.ParseID(v)
	o.NS.SetUser = &id
	return err
}

func setGroup(o *Options, v string) error {
	id, err := ns.ParseID(v)
	o.NS.SetGroup = &id
	return err
}
