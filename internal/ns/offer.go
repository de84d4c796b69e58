package ns

import (
	"errors"
	"os"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/subid"
)

// Offer is what is mapped beside the single id, if it turns out that it can be: of an ordinary user
// the sub-ids, of root all ids, under their own numbers.
type Offer uint8

// The offers.
const (
	NoIDs   Offer = iota
	SameIDs       // sub-ids under their own numbers
	LowIDs        // sub-ids from the lowest number on that is free
)

// offer adds the ids that are offered. The error says why it cannot.
func (o *Options) offer() error {
	switch {
	case o.Offer == NoIDs || len(o.Users.Ranges) > 0:
		return o.refused
	case os.Geteuid() == 0 && alone():
		o.refused = errors.New("there is only one where xunshare runs")
		return o.refused
	case os.Geteuid() == 0:
		o.addRanges(idmap.All)
		return nil
	}
	for _, refusal := range [...]func() error{subUsers, subGroups, helpers} { // the first will do: who has none waits for no other
		if o.refused = refusal(); o.refused != nil {
			return o.refused
		}
	}
	o.addRanges([...]idmap.Kind{SameIDs: idmap.SubIDs, LowIDs: idmap.Auto}[o.Offer])
	return nil
}

// alone tells whether there is but one user here, or one group, as in a namespace that an ordinary
// user has made.
func alone() bool {
	for _, file := range [...]string{"uid_map", "gid_map"} {
		text, err := os.ReadFile("/proc/self/" + file)
		if err != nil {
			return false
		}
		if idmap.IsSingle(string(text)) {
			return true
		}
	}
	return false
}

func (o *Options) addRanges(kind idmap.Kind) {
	o.Users.Ranges = []idmap.Spec{{Kind: kind}}
	o.Groups.Ranges = []idmap.Spec{{Kind: kind}}
}

func subUsers() error { return subIDs(subid.Users) }

func subGroups() error { return subIDs(subid.Groups) }

// subIDs tells why there are none that could be mapped.
func subIDs(kind subid.Kind) error {
	_, err := blocksOf(idmap.Spec{Kind: idmap.SubIDs}, "", kind)
	return err
}

func helpers() error {
	_, _, err := subid.Helpers()
	return err
}

// Withdraw takes the offer back, after a launch in which the ids could not be mapped. False if
// there was none.
func (o *Options) Withdraw(because error) bool {
	offered := o.Offer != NoIDs
	o.Offer, o.refused = NoIDs, because
	return offered
}
