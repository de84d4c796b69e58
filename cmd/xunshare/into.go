package main

import (
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/accounts"
	"github.com/xunshare/xunshare/internal/chroot"
)

// preset is what --into means, beside --root and --hostname. These options stand in front of all others, so that each can
// be given another argument; docs/xunshare.1 and the help have the same list.
var preset = [...]string{"--user=", "--mount=", "--pid=", "--ipc=", "--uts=", "--fork=", "--init=", "--map=auto",
	"--arch=auto", "--mount-proc=" + procDir, "--sys=", "--dev=", "--resolv-conf=auto"}

// withPreset puts the preset in front of options with an --into. The last one counts.
func withPreset(options []string) []string {
	dir, found := "", false
	for _, option := range options {
		if value, ok := strings.CutPrefix(option, intoOption); ok {
			dir, found = value, true
		}
	}
	if !found || dir == "" {
		return options
	}
	all := append(preset[:], "--root="+dir)
	if name := hostnameOf(dir); name != "" {
		all = append(all, "--hostname="+name)
	}
	return append(all, options...)
}

// hostnameOf makes a host name of the last part of a path (hostname(7)).
func hostnameOf(dir string) string {
	full, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		alnum := r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9'
		if alnum || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, filepath.Base(full))
	return strings.Trim(name[:min(len(name), maxHostname)], "-.")
}

// setInto notes what withPreset has not put into options.
func setInto(o *Options, v string) error {
	o.Into = true
	return notEmpty(v)
}

// managerFile tells programs what has made their surroundings, also those that may not look at process 1 (systemd's
// Container Interface).
const managerFile = "/run/host/container-manager"

// prepareInto completes what --into asks for by what is so in the tree.
func (o *Options) prepareInto(f *Facts) {
	if !o.Into {
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

// usable tells whether the target can write to a directory of the tree, by its mode or because it is root of the namespace.
func (o *Options) usable(f *Facts, dir string) bool {
	if o.Ephemeral {
		return chroot.IsDir(o.seen(), dir)
	}
	power := func(user, group uint32) bool { return targetUser(o) == 0 && o.NS.MapsOwner(f.NS, user, group) }
	return chroot.Writable(o.seen(), dir, power)
}

// cannotChange tells whether nothing in the tree can be changed, and says so.
func (o *Options) cannotChange(f *Facts) bool {
	if o.Ephemeral {
		return false
	}
	why := o.closed(f)
	if why == "" {
		return false
	}
	o.ReadOnly = true
	if !f.Root.Here { // which has mounts that an overlay would not show
		why += "; --ephemeral lets changes be made, and forgets them"
	}
	o.note(why)
	return true
}

// closed says why the tree cannot be written to; "" if it can. The mode does not matter where the owner is mapped: root of the
// namespace has power over such files, or can change their mode. The files of users who are not mapped belong to nobody
// inside, and root has no power over them (capable_wrt_inode_uidgid in kernel/capability.c).
func (o *Options) closed(f *Facts) string {
	var st unix.Stat_t
	others := unix.Stat(o.Root, &st) == nil &&
		!o.NS.MapsOwner(f.NS, st.Uid, uint32(f.NS.GID)) && !o.NS.MapsOwner(f.NS, st.Uid, st.Gid)
	switch err := unix.Access(o.Root, unix.W_OK); {
	case err == unix.EROFS:
		return o.Root + " is mounted read-only, and stays so inside"
	case others && (err != nil || f.NS.UID == 0):
		return o.Root + " is another user's, so it is read-only inside"
	case err != nil && err != unix.EACCES: // an immutable directory, say
		return "you may not write to " + o.Root + ", so it is read-only inside"
	}
	return ""
}

// account is who the target is in the tree's /etc/passwd, or else what every system has.
func (o *Options) account() (name, home, shell string) {
	entry := o.passwdEntry(targetUser(o))
	if n := o.newcomer(entry != nil); n != nil {
		return n.name, n.home, n.shell
	}
	if entry == nil {
		return nameless(targetUser(o)), "/", o.shellIn(defaultShell, "/")
	}
	name, home, shell = entry[accounts.Name], entry[accounts.Home], entry[accounts.Shell]
	if !path.IsAbs(home) {
		home = "/"
	}
	if shell == "" {
		shell = defaultShell
	}
	return name, home, o.shellIn(shell, home)
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

// intoEnvironment is a clean one: what is about the terminal, the language and the network of the caller stays, and what
// is about the system comes from the tree.
func (o *Options) intoEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); isKept(name) {
			env = append(env, v)
		}
	}
	name, home, shell := o.account()
	return append(env, "PATH="+o.pathIn(home, shell), "HOME="+home, "SHELL="+shell, "USER="+name, "LOGNAME="+name, inContainer)
}

func isKept(name string) bool {
	switch lower := strings.ToLower(name); lower {
	case "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy":
		return true
	}
	return name == "TERM" || name == "COLORTERM" || name == "LANG" || name == "TZ" || strings.HasPrefix(name, "LC_")
}

// lookIn is the directory in the tree that the target will work in, as far as that can be known before all is mounted.
func (o *Options) lookIn() string {
	if !o.Into || o.Dir != "" {
		return o.Dir
	}
	if dir := workingDirectory(); path.IsAbs(dir) && chroot.IsDir(o.seen(), dir) {
		return dir
	}
	if _, home, _ := o.account(); path.IsAbs(home) && chroot.IsDir(o.seen(), home) {
		return home
	}
	return "/"
}

// passwdEntry is a user's line in the tree's /etc/passwd; nil if there is none.
func (o *Options) passwdEntry(uid int) []string {
	id := strconv.Itoa(uid)
	return o.findIn("/etc/passwd", func(fields []string) bool { return fields[accounts.ID] == id })
}

// findIn finds a line in an account file of the tree; nil if there is none.
func (o *Options) findIn(file string, match func(fields []string) bool) []string {
	f, err := o.openToRead(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	return accounts.Find(f, match)
}
