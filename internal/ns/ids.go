package ns

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/accounts"
)

// invalidID is (uid_t) -1, which no process can have (credentials(7)).
const invalidID = 1<<32 - 1

// ParseSingle takes a decimal number, or a name for LookUp to find; noun is what there is an id of.
func (i *IDs) ParseSingle(noun, s string) error {
	id, numeric, err := number(s)
	switch {
	case err != nil:
		return fmt.Errorf("%s %q: %w", noun, s, err)
	case numeric:
		i.SetSingle(id)
		return nil
	case s == "":
		return unknown(noun, s)
	}
	i.Single, i.Name = nil, s
	return nil
}

// LookUp finds the single ids that were named in the databases of the host.
func (o *Options) LookUp() error {
	return cmp.Or(o.Users.lookUp("--map-user", "user", "passwd"), o.Groups.lookUp("--map-group", "group", "group"))
}

func (i *IDs) lookUp(option, noun, database string) error {
	if i.Name == "" {
		return nil
	}
	id := databaseEntry(database, i.Name)
	if id == nil {
		return fmt.Errorf("%s: %w", option, unknown(noun, i.Name))
	}
	i.SetSingle(*id)
	return nil
}

func unknown(noun, name string) error {
	return fmt.Errorf("%s %q: there is no %s of that name on this system, and it is not a decimal number", noun, name, noun)
}

// ParseID returns the id that s is: a decimal number, as --setuid, --setgid and --owner take it.
func ParseID(s string) (uint32, error) {
	id, numeric, err := number(s)
	if err == nil && !numeric {
		err = fmt.Errorf("not a decimal number")
	}
	if err != nil {
		return 0, fmt.Errorf("%q: %w", s, err)
	}
	return id, nil
}

// number parses a decimal id; numeric tells whether s is meant as one at all.
func number(s string) (id uint32, numeric bool, err error) {
	digits := strings.TrimPrefix(strings.TrimLeft(s, " \t"), "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false, nil
	}
	v, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || v >= invalidID {
		return 0, true, fmt.Errorf("not an id: the highest is %d", uint32(invalidID-1))
	}
	return uint32(v), true, nil
}

// databaseEntry looks name up in the database "passwd" or "group". Nil if it is not there.
func databaseEntry(database, name string) *uint32 {
	entry := accounts.Lookup("", database, name, accounts.ByName(name))
	if entry == nil {
		return nil
	}
	id, numeric, err := number(entry[accounts.ID])
	if !numeric || err != nil {
		return nil
	}
	return &id
}
