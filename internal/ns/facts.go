package ns

import (
	"fmt"
	"os"
	"strconv"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/subid"
)

// Facts are what holds for the caller, as far as the steps depend on it.
type Facts struct {
	UID, GID       int       // effective
	Users, Groups  idmap.Map // the whole maps, where there is more in them than one id
	RootUser       bool      // user 0 is not the caller: the child has to become it
	RootGroup      bool      // so is group 0
	Refused        error     // why what Offer offers cannot be mapped; nil if it is, or if there is none
	LastCap        int       // the highest capability of this kernel (/proc/sys/kernel/cap_last_cap)
	helpers        []helperCopy
	UIDMap, GIDMap string // newuidmap(1) and newgidmap(1); "" where xunshare writes the maps itself
}

// Gather finds out what o needs, and refuses what cannot be mapped.
func (o *Options) Gather() (f Facts, err error) {
	f.UID, f.GID = os.Geteuid(), os.Getegid()
	f.Refused = o.offer()
	if f.Users, err = o.wholeMap(o.Users, "uid_map", f.UID, subid.Users); err != nil {
		return f, fmt.Errorf("%s: %w", mapUsers, err)
	}
	if f.Groups, err = o.wholeMap(o.Groups, "gid_map", f.GID, subid.Groups); err != nil {
		return f, fmt.Errorf("%s: %w", mapGroups, err)
	}
	if f.UID != 0 && (len(o.Users.Ranges) > 0 || len(o.Groups.Ranges) > 0) {
		if f.UIDMap, f.GIDMap, err = subid.Helpers(); err != nil {
			return f, err
		}
		if o.Offer == SameIDs && o.nested(f) {
			f.helpers = copies(f)
		}
	}
	f.RootUser, f.RootGroup = o.Users.becomesRoot(f.Users, f.UID), o.Groups.becomesRoot(f.Groups, f.GID)
	if o.KeepCaps {
		f.LastCap, err = strconv.Atoi(setting("kernel/cap_last_cap"))
	}
	return f, err
}

// wholeMap merges the single id with the ranges. Nil where the child writes the map by itself, as
// everybody may a map of their own id only.
func (o *Options) wholeMap(ids IDs, file string, own int, kind subid.Kind) (idmap.Map, error) {
	if len(ids.Ranges) == 0 && (o.Owner == nil || ids.Single == nil) {
		return nil, nil
	}
	var blocks []idmap.Block
	for _, spec := range ids.Ranges {
		more, err := blocksOf(spec, file, kind)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, more...)
	}
	if m, ok := ids.rooted(blocks, own); ok {
		return m, nil
	}
	var single *idmap.Single
	if ids.Single != nil {
		single = &idmap.Single{Inside: *ids.Single, Outside: uint32(own)}
	}
	m := idmap.Merge(single, blocks)
	if err := idmap.Check(m); err != nil {
		return nil, remedy.Wrap(err, "each id can be mapped once, and in few ranges: --map-auto maps all your sub-ids, and --map-root-user maps you as well")
	}
	return m, nil
}

// blocksOf looks up what the words stand for.
func blocksOf(spec idmap.Spec, file string, kind subid.Kind) ([]idmap.Block, error) {
	switch spec.Kind {
	case idmap.All:
		text, err := os.ReadFile("/proc/self/" + file)
		if err != nil {
			return nil, err
		}
		own, err := idmap.ParseMap(string(text))
		return spec.Blocks(nil, own), err
	case idmap.Auto, idmap.SubIDs:
		var host subid.System
		name, err := host.UserName(os.Geteuid())
		if err != nil {
			return nil, err
		}
		ranges, err := host.Lookup(kind, name, os.Geteuid())
		if err != nil {
			return nil, err
		}
		list := make([]idmap.Range, len(ranges))
		for i, r := range ranges {
			list[i] = idmap.Range{First: r.First, Count: r.Count}
		}
		return spec.Blocks(list, nil), nil
	}
	return spec.Blocks(nil, nil), nil
}
