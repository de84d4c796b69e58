// Package subid finds the subordinate ids that an ordinary user may map into a user namespace, and
// the programs that map them: newuidmap(1) and newgidmap(1).
//
// Not for deciding whether a map is allowed: those two programs and the kernel do that. Root needs
// neither.
package subid

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Kind is a kind of ids.
type Kind uint8

// The kinds of ids. Those of groups are a user's too: /etc/subgid is keyed by users (subgid(5)).
const (
	Users Kind = iota
	Groups
)

// String returns what ids of the kind are called in messages.
func (k Kind) String() string { return [...]string{"sub-user-ids", "sub-group-ids"}[k] }

func (k Kind) file() string { return [...]string{"/etc/subuid", "/etc/subgid"}[k] }

// Range is Count ids from First on, of which none is above 4294967294. Count is not 0.
type Range struct {
	First, Count uint32
}

func (r Range) end() uint64 { return uint64(r.First) + uint64(r.Count) }

func (r Range) overlaps(o Range) bool {
	return uint64(r.First) < o.end() && uint64(o.First) < r.end()
}

// System is a machine that is asked. The zero value is this one.
type System struct {
	Root string // comes before the path of every file; programs are found in PATH all the same
}

// entry is a range and where it was found.
type entry struct {
	Range
	where string
}

// Lookup returns all ranges of the kind that the user has, in the order of their file. The user is
// known by name or, in that file, by uid. Never empty without an error, which says what is missing
// and carries the remedy.
func (s System) Lookup(kind Kind, user string, uid int) ([]Range, error) {
	if user == "" {
		return nil, noAccount(uid)
	}
	entries, err := s.entries(kind, user, uid)
	if err != nil {
		return nil, err
	}
	ranges := make([]Range, len(entries))
	for i, e := range entries {
		for _, o := range entries[:i] {
			if e.overlaps(o.Range) {
				return nil, remedy.Errorf("each id can be mapped once: an administrator has to change one of the two",
					"%s of %s overlap: %s has %s, %s has %s", kind, user, o.where, o.Range, e.where, e.Range)
			}
		}
		ranges[i] = e.Range
	}
	return ranges, nil
}

// String returns the range as --add-subuids of usermod(8) takes it: the first and the last id.
func (r Range) String() string { return fmt.Sprintf("%d-%d", r.First, r.end()-1) }

// entries asks the service that nsswitch.conf names, if it can be asked, or the files.
func (s System) entries(kind Kind, user string, uid int) ([]entry, error) {
	service := s.service()
	if service == "" {
		return s.fromFile(kind, user, uid)
	}
	if program, err := environ.LookPath("getsubids"); err == nil {
		return fromService(service, program, kind, user)
	}
	entries, err := s.fromFile(kind, user, uid)
	return entries, remedy.Wrap(err, fmt.Sprintf("nsswitch.conf takes sub-ids from %q, which only getsubids(1) can ask; "+
		"it is in the package uidmap (Debian, Ubuntu) or shadow-utils-subid (Fedora)", service))
}

// UserName returns the name of the user with this id: from the user database, or from getent(1) for
// name services that only the C library knows (nsswitch.conf(5)).
func (s System) UserName(uid int) (string, error) {
	id := strconv.FormatUint(uint64(uint32(uid)), 10)
	isIt := func(fields []string) bool { return fields[accounts.ID] == id && fields[accounts.Name] != "" }
	found := accounts.Lookup(s.Root, "passwd", id, isIt)
	if found == nil {
		return "", noAccount(uid)
	}
	return found[accounts.Name], nil
}

// noAccount is the error for a user without a name: newuidmap(1) refuses to work for them.
func noAccount(uid int) error {
	return remedy.Errorf("only users with an account can have sub-ids; map a single id: --map-root-user or --map-user",
		"user %d has no entry in the user database, and so no sub-ids", uint32(uid))
}

// parseRange reads what a line says of a range.
func parseRange(first, count string) (Range, error) {
	f, err := strconv.ParseUint(first, 10, 32)
	if err != nil {
		return Range{}, fmt.Errorf("%q is not an id", first)
	}
	n, err := strconv.ParseUint(count, 10, 32)
	if err != nil {
		return Range{}, fmt.Errorf("%q is not a number of ids", count)
	}
	if r := (Range{uint32(f), uint32(n)}); r.end() <= noID {
		return r, nil
	}
	return Range{}, errors.New("it passes the highest id, 4294967294")
}

// noID is (uid_t) -1, which no process can have (credentials(7)).
const noID = 1<<32 - 1
