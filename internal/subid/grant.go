package subid

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/accounts"
)

// What useradd(8) gives to a new user, and where it begins (SUB_UID_COUNT and SUB_UID_MIN of
// login.defs(5)).
const (
	grantFirst = 100000
	grantCount = 65536
)

// grant says how an administrator gives the user ids of each kind that they have none of. The range
// is nobody else's: users with sub-ids in common can do to each other what they can do to
// themselves.
//
// Root needs none, and in a user namespace, as a container of an ordinary user's is, most ids
// cannot be given.
func (s System) grant(user string, uid int) string {
	r, ok := s.unused()
	if uid == 0 {
		all := "--map=auto maps all ids that there are here, each to itself, and needs no sub-ids"
		if !ok || !hereIs(r.First, r.Count) {
			return all
		}
		return all + "; or " + s.give(r, user, uid)
	}
	if !ok {
		return "an administrator can give the user a range of ids: see usermod(8), --add-subuids and --add-subgids"
	}
	return s.give(r, user, uid)
}

// hereIs tells whether ids are mapped in the user namespace of this process (user_namespaces(7)).
// Without /proc they are taken to be.
func hereIs(first, count uint32) bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(text)) {
		var inside, outside, n uint64
		if _, err := fmt.Sscan(line, &inside, &outside, &n); err == nil && inside <= uint64(first) && uint64(first)+uint64(count) <= inside+n {
			return true
		}
	}
	return false
}

func (s System) give(r Range, user string, uid int) string {
	var flags, files []string
	for _, kind := range [...]Kind{Users, Groups} {
		text, _ := os.ReadFile(s.Root + kind.file())
		if entries, _ := find("", string(text), user, uid); len(entries) > 0 {
			continue
		}
		flags = append(flags, fmt.Sprintf("%s %s", [...]string{"--add-subuids", "--add-subgids"}[kind], r))
		files = append(files, kind.file())
	}
	if s.usermodWorks(user) {
		return fmt.Sprintf("an administrator can give them: sudo usermod %s %s", strings.Join(flags, " "), user)
	}
	return fmt.Sprintf("an administrator can give them: echo %s:%d:%d | sudo tee -a %s", user, r.First, r.Count, strings.Join(files, " "))
}

// usermodWorks tells whether usermod(8) can add ranges: it does so for users of /etc/passwd only,
// and to a file that exists already ("/etc/subuid does not exist, you cannot use the flags -v or
// -V").
func (s System) usermodWorks(user string) bool {
	for _, kind := range [...]Kind{Users, Groups} {
		if _, err := os.Stat(s.Root + kind.file()); err != nil {
			return false
		}
	}
	return accounts.FindIn(s.Root+"/etc/passwd", accounts.ByName(user)) != nil
}

// unused returns the first range that is nobody's, in both files.
func (s System) unused() (r Range, ok bool) {
	taken := append(s.taken(Users), s.taken(Groups)...)
	slices.SortFunc(taken, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	first := uint64(grantFirst)
	for _, t := range taken {
		if uint64(t.First) < first+grantCount {
			first = max(first, t.end())
		}
	}
	return Range{uint32(first), grantCount}, first+grantCount <= noID
}

// taken returns every range of a file, whosever it is.
func (s System) taken(kind Kind) []Range {
	var taken []Range
	text, _ := os.ReadFile(s.Root + kind.file())
	for line := range strings.Lines(string(text)) {
		if r, err := rangeOf(strings.Split(strings.TrimSpace(line), ":")); err == nil && r.Count > 0 {
			taken = append(taken, r)
		}
	}
	return taken
}
