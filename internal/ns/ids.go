package ns

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/moby/sys/user"
)

// invalidID is (uid_t) -1, which no process can have (credentials(7)).
const invalidID = 1<<32 - 1

// ParseUser returns the user id that s names: a decimal number, or a name of the user database of the host.
func ParseUser(s string) (uint32, error) { return parseID(s, "user", "passwd") }

// ParseGroup returns the group id that s names: a decimal number, or a name of the group database of the host.
func ParseGroup(s string) (uint32, error) { return parseID(s, "group", "group") }

func parseID(s, noun, database string) (uint32, error) {
	id, numeric, err := number(s)
	if err != nil {
		return 0, fmt.Errorf("%s %q: %w", noun, s, err)
	}
	if numeric {
		return id, nil
	}
	entry := databaseEntry(database, s)
	if entry == nil {
		return 0, fmt.Errorf("%s %q: there is no %s of that name on this system, and it is not a decimal number", noun, s, noun)
	}
	return *entry, nil
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

// databaseEntry looks name up in /etc/passwd or /etc/group and, for users of NSS services that only the C library
// knows (nsswitch.conf(5)), with getent(1). Nil if it is not there.
func databaseEntry(database, name string) *uint32 {
	file, err := os.Open("/etc/" + database)
	if err == nil {
		defer file.Close()
		if id := fileEntry(file, database, name); id != nil {
			return id
		}
	}
	out, err := exec.Command("getent", "--", database, name).Output()
	fields := strings.Split(string(out), ":")
	if err != nil || len(fields) < 3 || fields[0] != name {
		return nil
	}
	id, numeric, err := number(fields[2])
	if !numeric || err != nil {
		return nil
	}
	return &id
}

func fileEntry(file *os.File, database, name string) *uint32 {
	id := -1
	if database == "passwd" {
		list, err := user.ParsePasswdFilter(file, func(u user.User) bool { return u.Name == name })
		if err == nil && len(list) > 0 {
			id = list[0].Uid
		}
	} else {
		list, err := user.ParseGroupFilter(file, func(g user.Group) bool { return g.Name == name })
		if err == nil && len(list) > 0 {
			id = list[0].Gid
		}
	}
	if id < 0 || id >= invalidID {
		return nil
	}
	found := uint32(id)
	return &found
}
