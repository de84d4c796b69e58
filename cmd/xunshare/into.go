package main

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/ns"
)

// managerFile tells programs what has made their surroundings, also those that may not look at
// process 1 (systemd's Container Interface).
const managerFile = "/run/host/container-manager"

// prepareInto completes what --into asks for by what is so in the tree.
func (o *resolved) prepareInto(f *Facts) {
	if !o.Into || !o.NS.Kinds.Has(ns.Mount) {
		return
	}
	o.prepend(chroot.Operation{Kind: chroot.File, Target: managerFile, Data: "xunshare\n"})
	o.settle()
	fixed := o.ReadOnly || o.cannotChange(f)
	for _, dir := range [...]struct{ path, mode string }{{"/run", "755"}, {"/tmp", "1777"}} {
		if fixed || !o.usable(f, dir.path) {
			o.prepend(chroot.Operation{Kind: chroot.Tmpfs, Target: dir.path, Data: "mode=" + dir.mode})
		}
	}
}

// usable tells whether the target can write to a directory of the tree, by its mode or because it
// is root of the namespace.
func (o *resolved) usable(f *Facts, dir string) bool {
	if o.Ephemeral {
		return o.in.IsDir(dir)
	}
	power := func(user, group uint32) bool { return targetUser(o) == 0 && o.NS.MapsOwner(f.NS, user, group) }
	return inside.Writable(o.in.Seen(), dir, power)
}

// cannotChange tells whether nothing in the tree can be changed, and says so.
func (o *resolved) cannotChange(f *Facts) bool {
	if o.Ephemeral {
		return false
	}
	why := o.closed(f)
	if why == "" {
		return false
	}
	if o.ReadWrite {
		return false
	}
	o.ReadOnly = true
	o.notes.Add("%s; --ephemeral allows changes, and discards them in the end", why)
	return true
}

// closed says why the tree cannot be written to; "" if it can. The mode does not matter where the
// owner is mapped: root of the namespace has power over such files, or can change their mode. The
// files of users who are not mapped belong to nobody inside, and root has no power over them
// (capable_wrt_inode_uidgid in kernel/capability.c).
func (o *resolved) closed(f *Facts) string {
	var st unix.Stat_t
	others := unix.Stat(o.Root, &st) == nil &&
		!o.NS.MapsOwner(f.NS, st.Uid, uint32(f.NS.GID)) && !o.NS.MapsOwner(f.NS, st.Uid, st.Gid)
	switch err := unix.Access(o.Root, unix.W_OK); {
	case err == unix.EROFS:
		return o.Root + " is mounted read-only, and stays so inside"
	case others && (err != nil || f.NS.UID == 0):
		return o.Root + " belongs to another user, so it is read-only inside, unless --read-only=no is given for what is yours in it"
	case err != nil && err != unix.EACCES: // an immutable directory, say
		return "you may not write to " + o.Root + ", so it is read-only inside"
	}
	return ""
}

// An account is what a user has in /etc/passwd.
type account struct{ name, home, shell string }

// account is who the target is in the tree's /etc/passwd, or else what every system has. The file
// is read once.
func (o *resolved) account() account {
	if o.user == nil {
		user := o.findAccount()
		o.user = &user
	}
	return *o.user
}

func (o *resolved) findAccount() account {
	entry := o.passwdEntry(targetUser(o))
	if n := o.newcomer(entry != nil); n != nil {
		return n.account
	}
	if entry == nil {
		return account{nameless(targetUser(o)), "/", o.shellIn(defaultShell, "/")}
	}
	user := account{entry[accounts.Name], entry[accounts.Home], cmp.Or(entry[accounts.Shell], defaultShell)}
	if !path.IsAbs(user.home) {
		user.home = "/"
	}
	user.shell = o.shellIn(user.shell, user.home)
	return user
}

// nameless is what to call a user who is not in the tree's /etc/passwd.
func nameless(uid int) string {
	if uid == 0 {
		return "root"
	}
	return strconv.Itoa(uid)
}

// intoPath is the PATH of root and others on Debian, Fedora and Alpine.
const intoPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// inContainer tells programs where they are (systemd's Container Interface).
const inContainer = "container=xunshare"

// intoEnvironment makes a clean environment. The caller's terminal, language and network stay; the
// variables that describe the system come from the tree.
func (o *resolved) intoEnvironment() []string {
	var env []string
	for _, v := range environ.All() {
		if name, _, _ := strings.Cut(v, "="); isKept(name) {
			env = append(env, v)
		}
	}
	user := o.account()
	return append(env, "PATH="+o.pathIn(user.home, user.shell), "HOME="+user.home, "SHELL="+user.shell,
		"USER="+user.name, "LOGNAME="+user.name, inContainer)
}

func isKept(name string) bool {
	switch lower := strings.ToLower(name); lower {
	case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
		return true
	}
	return name == "TERM" || name == "COLORTERM" || name == "LANG" || name == "TZ" || strings.HasPrefix(name, "LC_")
}

// lookIn is the directory in the tree that the target will work in, as far as that can be known
// before all is mounted.
func (o *resolved) lookIn() string {
	if !o.Into || o.Dir != "" {
		return o.Dir
	}
	if dir := workingDirectory(); path.IsAbs(dir) && o.in.IsDir(dir) {
		return dir
	}
	if home := o.account().home; path.IsAbs(home) && o.in.IsDir(home) {
		return home
	}
	return "/"
}

// passwdEntry is a user's line in the tree's /etc/passwd; nil if there is none.
func (o *resolved) passwdEntry(uid int) []string {
	return o.findIn("/etc/passwd", accounts.ByID(strconv.Itoa(uid)))
}

// findIn finds a line in an account file of the tree; nil if there is none.
func (o *resolved) findIn(file string, match func(fields []string) bool) []string {
	f, err := o.in.Read(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	return accounts.Find(f, match)
}
