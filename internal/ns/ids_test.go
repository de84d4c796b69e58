package ns

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/idmap"
)

func TestParseID(t *testing.T) {
	for s, want := range map[string]uint32{"0": 0, "007": 7, "+5": 5, " \t5": 5, "4294967294": 1<<32 - 2} {
		if got, err := ParseID(s); got != want || err != nil {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "+", "-1", "5 ", "0x5", "++5", "root", "4294967295", "4294967296", "99999999999999999999"} {
		if got, err := ParseID(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}

// A name is found in the host's databases, later than the command line is read; a number needs
// none.
func TestLookUp(t *testing.T) {
	for name, want := range map[string]string{"root": "", "5": "", "nosuch": `--map-user: user "nosuch": there is no user of that name`, "-1": `user "-1": there is no user`, "0x10": "there is no user"} {
		var o Options
		err := o.Users.ParseSingle("user", name)
		if err == nil && o.Users.None() {
			t.Errorf("%s maps nobody", name)
		}
		if err == nil {
			err = o.LookUp()
		}
		switch {
		case want == "" && (err != nil || o.Users.Single == nil || o.Users.Name != ""):
			t.Errorf("%s: %v, %+v", name, err, o.Users)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// An id is never the one that no process can have, and reads back as itself.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{"0", "+1", " 2", "4294967295", "root"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		again, err := ParseID(fmt.Sprint(id))
		if id == invalidID || again != id || err != nil {
			t.Errorf("%q is %d, and that is %d, %v", s, id, again, err)
		}
	})
}

func single(id uint32) IDs { return IDs{Single: &id} }

// Which ids are mapped, for each form of a map: none, one id that the child maps by itself, and a
// whole map.
func TestWhoIsMapped(t *testing.T) {
	whole := idmap.Map{{Inside: 0, Outside: 1000, Count: 1}, {Inside: 1, Outside: 5000, Count: 10}}
	for name, c := range map[string]struct {
		ids     IDs
		whole   idmap.Map
		root    bool
		inside  []idmap.Range
		outside map[uint32]bool // of a caller whose own id is 1000
	}{
		"none":          {IDs{}, nil, false, nil, map[uint32]bool{0: false, 1000: false}},
		"root":          {single(0), nil, true, []idmap.Range{{First: 0, Count: 1}}, map[uint32]bool{0: false, 1000: true, 1001: false}},
		"another":       {single(7), nil, false, []idmap.Range{{First: 7, Count: 1}}, map[uint32]bool{7: false, 1000: true}},
		"whole":         {IDs{}, whole, true, []idmap.Range{{First: 0, Count: 1}, {First: 1, Count: 10}}, map[uint32]bool{1000: true, 4999: false, 5009: true, 5010: false}},
		"without a 0":   {IDs{}, whole[1:], false, []idmap.Range{{First: 1, Count: 10}}, map[uint32]bool{1000: false, 5000: true}},
		"of both kinds": {single(0), whole, true, []idmap.Range{{First: 0, Count: 1}, {First: 1, Count: 10}}, map[uint32]bool{1000: true, 5000: true}},
	} {
		if got := c.ids.hasRoot(c.whole); got != c.root {
			t.Errorf("%s: root inside %v, want %v", name, got, c.root)
		}
		if got := mapped(c.ids, c.whole); !reflect.DeepEqual(got, c.inside) {
			t.Errorf("%s: inside %v, want %v", name, got, c.inside)
		}
		for id, want := range c.outside {
			if got := mapsOutside(c.ids, c.whole, 1000, id); got != want {
				t.Errorf("%s: %d outside %v, want %v", name, id, got, want)
			}
		}
	}
}

// Without a new user namespace everybody exists. Where there are two, the files of a tree are
// looked at from the outer one.
func TestMapsOwner(t *testing.T) {
	f := Facts{UID: 1000, GID: 100}
	for name, c := range map[string]struct {
		o           Options
		owner, root bool // does 1000:100 exist, and 0:0
	}{
		"no user namespace": {Options{}, true, true},
		"none mapped":       {Options{Kinds: User}, false, false},
		"root":              {Options{Kinds: User, Users: single(0), Groups: single(0)}, true, false},
		"user alone":        {Options{Kinds: User, Users: single(0)}, false, false},
		"nested, no map":    {Options{Kinds: User, NeedsRoot: true}, true, false},
	} {
		if got := c.o.MapsOwner(f, 1000, 100); got != c.owner {
			t.Errorf("%s: 1000:100 %v", name, got)
		}
		if got := c.o.MapsOwner(f, 0, 0); got != c.root {
			t.Errorf("%s: 0:0 %v", name, got)
		}
	}
}

// setgroups(2) is given up where the process maps one group by itself, and can be called only where
// groups are mapped.
func TestSetgroups(t *testing.T) {
	for name, c := range map[string]struct {
		o       Options
		f       Facts
		written Setgroups
		allowed bool
	}{
		"no map":     {Options{}, Facts{}, "", false},
		"one group":  {Options{Groups: single(0)}, Facts{}, SetgroupsDeny, false},
		"by helper":  {Options{Groups: single(0)}, Facts{Groups: idmap.Map{{Count: 1}}}, "", true},
		"asked":      {Options{Groups: single(0), Setgroups: SetgroupsDeny}, Facts{Groups: idmap.Map{{Count: 1}}}, SetgroupsDeny, false},
		"asked, not": {Options{Setgroups: SetgroupsAllow}, Facts{}, SetgroupsAllow, false},
	} {
		if got := c.o.setgroups(c.f); got != c.written {
			t.Errorf("%s: writes %q, want %q", name, got, c.written)
		}
		if got := c.o.SetgroupsAllowed(c.f); got != c.allowed {
			t.Errorf("%s: allowed %v, want %v", name, got, c.allowed)
		}
	}
}

// clone(2) cannot make a time namespace, and a pid namespace for children only is entered after it.
func TestLate(t *testing.T) {
	for name, c := range map[string]struct {
		o     Options
		late  Kind
		pivot bool
	}{
		"in place":           {Options{Kinds: Mount | Time | PID}, 0, true},
		"forked":             {Options{Kinds: Mount | Time | PID, Fork: true}, Time, true},
		"user":               {Options{Kinds: User | Time | PID}, Time | PID, false},
		"user, forked":       {Options{Kinds: User | PID | Mount, Fork: true}, 0, true},
		"shared":             {Options{Kinds: Mount, Propagate: Shared}, 0, false},
		"unchanged":          {Options{Kinds: Mount, Propagate: Unchanged}, 0, false},
		"shared with a user": {Options{Kinds: User | Mount, Propagate: Shared}, 0, true},
	} {
		if got := c.o.late(); got != c.late {
			t.Errorf("%s: late %#x, want %#x", name, got, c.late)
		}
		if got := c.o.PivotAllowed(); got != c.pivot {
			t.Errorf("%s: pivot %v, want %v", name, got, c.pivot)
		}
	}
}
