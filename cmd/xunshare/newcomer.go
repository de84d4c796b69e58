package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/inside"
)

// A newcomer is the caller in a tree that has no account for the id that the caller keeps in it.
// Programs that refuse to run as root are run so, and many of them want a name and a home. The tree
// gets lines for that which are not on the disk.
type newcomer struct {
	account
	passwd, group string // the lines
}

// newHome is the home of a newcomer where the tree has none that can be written to. It vanishes
// with the program.
const newHome = "/run/xunshare/home"

// newcomer is the caller as one; nil if the tree knows the target, or it is not the caller under an
// id of its own.
func (o *resolved) newcomer(known bool) *newcomer {
	users := &o.NS.Users
	if known || !o.Into || o.NS.SetUser != nil || users.AsRoot || users.Single == nil || *users.Single == 0 {
		return nil
	}
	if o.caller != nil {
		return o.caller
	}
	host := hostEntry(os.Getuid())
	n := newcomer{account: account{home: o.homeOf(host[accounts.Home]), shell: host[accounts.Shell]}}
	n.name = o.unused("/etc/passwd", host[accounts.Name], "user", *users.Single)
	if n.shell == "" || o.cannotRun(n.shell) != "" {
		n.shell = o.shellIn(defaultShell, n.home)
	}
	group := targetGroup(o)
	n.passwd = fmt.Sprintf("%s:*:%d:%d:%s:%s:%s\n", n.name, *users.Single, group, host[accounts.Comment], n.home, n.shell)
	n.group = o.newGroups(group, n.name)
	o.caller = &n
	return o.caller
}

// hostEntry is the line of a user, or as much as can be known of it.
func hostEntry(uid int) []string {
	id := strconv.Itoa(uid)
	entry := accounts.Lookup("", "passwd", id, accounts.ByID(id))
	if entry == nil {
		entry = make([]string, accounts.Shell+1)
		entry[accounts.Name] = environ.Get("USER")
	}
	return entry
}

// targetGroup is the group that the target has inside.
func targetGroup(o *resolved) uint32 {
	switch {
	case o.NS.SetGroup != nil:
		return *o.NS.SetGroup
	case o.NS.Groups.AsRoot:
		return 0
	case o.NS.Groups.Single != nil:
		return *o.NS.Groups.Single
	}
	return overflowUser
}

// unused is a name for an id that nobody else has in a file of the tree, the first choice if that
// can be.
func (o *resolved) unused(file, name, kind string, id uint32) string {
	taken := func(name string) bool {
		return o.findIn(file, accounts.ByName(name)) != nil
	}
	if isAccount(name) && !taken(name) {
		return name
	}
	return kind + strconv.FormatUint(uint64(id), 10)
}

// isAccount tells whether a word can be a name: it does not end a field or a line, and is no
// number.
func isAccount(word string) bool {
	number := strings.Trim(word, "0123456789") == ""
	return word != "" && !number && len(word) <= 32 && !strings.ContainsAny(word, ":,/ \t\n") && word[0] != '-' && word[0] != '+' && word[0] != '#'
}

// newGroups has lines for the groups of the target that the tree does not know: its own, and that
// of those not mapped.
func (o *resolved) newGroups(own uint32, user string) string {
	groups := []uint32{own}
	if more, _ := os.Getgroups(); slices.ContainsFunc(more, func(g int) bool { return g != os.Getgid() }) {
		groups = append(groups, overflowUser)
	}
	var lines strings.Builder
	for _, id := range slices.Compact(groups) {
		number := strconv.FormatUint(uint64(id), 10)
		if o.findIn("/etc/group", accounts.ByID(number)) != nil {
			continue
		}
		name := "nogroup"
		if id != overflowUser {
			host := accounts.FindIn("/etc/group", accounts.ByID(strconv.Itoa(os.Getgid())))
			name = user
			if host != nil {
				name = cmp.Or(host[accounts.Name], user)
			}
		}
		fmt.Fprintf(&lines, "%s:*:%d:\n", o.unused("/etc/group", name, "group", id), id)
	}
	return lines.String()
}

// homeOf is the caller's home if it can be written to inside, or else one that lasts as long as the
// program.
func (o *resolved) homeOf(home string) string {
	if !path.IsAbs(home) || strings.Contains(home, ":") {
		return newHome
	}
	home = path.Clean(home)
	root, at, readOnly := o.in.Seen(), home, home == "/" || o.ReadOnly
	if s, rest, shown := o.in.ShownAt(home); shown {
		root, at, readOnly = "", s.From+rest, s.ReadOnly
	}
	if readOnly || !inside.Writable(root, at, nobody) {
		return newHome
	}
	return home
}

func nobody(_, _ uint32) bool { return false }

// settle gives the newcomer an account and a home.
func (o *resolved) settle() {
	n := o.newcomer(o.passwdEntry(targetUser(o)) != nil)
	if n == nil {
		return
	}
	for _, f := range [...]struct{ file, lines string }{{"/etc/passwd", n.passwd}, {"/etc/group", n.group}} {
		if f.lines != "" {
			o.prepend(chroot.Operation{Kind: chroot.Append, Target: f.file, Data: f.lines})
		}
	}
	if n.home == newHome {
		o.prepend(chroot.Operation{Kind: chroot.Tmpfs, Target: newHome, Data: "mode=700"})
	}
}
