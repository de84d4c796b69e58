package main

import (
	"cmp"
	"fmt"

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
		return cmp.Or(mapRoot(o, ""), mapAuto(o, ""))
	case "auto":
		o.MapAuto, o.NS.Offer = true, ns.LowIDs
		return mapRoot(o, "")
	}
	return fmt.Errorf("%q is none of auto, root, current, subids", v)
}

// chooseIDs does without the sub-ids of --map=auto where there are none that can be mapped: then what would need them is
// faked.
func (o *Options) chooseIDs(f *Facts) {
	switch {
	case o.NS.Offer == ns.NoIDs && f.NS.Refused == nil:
		return
	case f.NS.Refused == nil && f.NS.UID == 0:
		f.IDs = "all"
	case f.NS.Refused == nil:
		f.IDs = "subids"
		f.Notes = append(f.Notes, "your sub-ids are mapped")
	default:
		f.IDs = "single"
		f.Notes = append(f.Notes, fmt.Sprintf("only one id is mapped: %v", f.NS.Refused))
		o.FakeIDs = o.FakeIDs || o.MapAuto
	}
}
