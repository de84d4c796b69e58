package subid

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/remedy"
)

// fromFile reads the ranges of a user in /etc/subuid or /etc/subgid (subuid(5)). Unlike unshare(1)
// it takes all of them.
func (s System) fromFile(kind Kind, user string, uid int) ([]entry, error) {
	path := s.Root + kind.file()
	grant := func() string { return s.grant(user, uid) }
	text, err := accounts.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, remedy.Later(grant, "%s has no %s: there is no file %s", user, kind, path)
	}
	if err != nil {
		return nil, fmt.Errorf("look for the %s of %s: %w", kind, user, err)
	}
	entries, err := find(path, string(text), user, uid)
	if err == nil && len(entries) == 0 {
		err = remedy.Later(grant, "%s has no %s: no line of %s gives any", user, kind, path)
	}
	return entries, err
}

// find returns the user's ranges in the text of a file. Other users' lines may be as bad as they
// like, as in libsubid.
func find(path, text, user string, uid int) ([]entry, error) {
	var entries []entry
	number := 0
	for line := range strings.Lines(text) {
		number++
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if !isOwner(fields[0], user, uid) {
			continue
		}
		r, err := rangeOf(fields)
		where := fmt.Sprintf("%s:%d", path, number)
		if err != nil {
			return nil, remedy.Errorf("a line is NAME:FIRST:COUNT (subuid(5)), for example "+user+":100000:65536",
				"%s: %q: %w", where, strings.Join(fields, ":"), err)
		}
		if r.Count > 0 {
			entries = append(entries, entry{r, where})
		}
	}
	return entries, nil
}

// isOwner tells whether the first field of a line means the user: their name or, if it is a number
// and nothing else, their id. (unshare(1) reads a name as the number 0, so that root gets the ids
// of the first user in the file.)
func isOwner(field, user string, uid int) bool {
	if field == user {
		return true
	}
	id, err := strconv.ParseUint(field, 10, 32)
	return err == nil && uint32(id) == uint32(uid)
}

func rangeOf(fields []string) (Range, error) {
	if len(fields) != 3 {
		return Range{}, fmt.Errorf("it has %d fields, not 3", len(fields))
	}
	return parseRange(fields[1], fields[2])
}
