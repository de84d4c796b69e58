package ns

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/verb"
)

// confinement is what may keep this process from what the kernel allows to others. It is looked at
// after a failure.
type confinement struct {
	profile  string // the AppArmor profile in force; "" for none, or for one that confines nothing
	filtered bool   // a seccomp filter is installed
	root     bool   // the effective user is root
	caps     uint64 // the effective capabilities
	restrict bool   // AppArmor keeps programs without a profile from user namespaces
	nobody   string // which own ids are not mapped in the user namespace here, as the start of a sentence; "" for none
}

func confined() confinement {
	c := confinement{root: os.Geteuid() == 0, restrict: appArmorRestricts(), nobody: unmapped()}
	for _, file := range [...]string{"/proc/self/attr/apparmor/current", "/proc/self/attr/current"} {
		if text, err := os.ReadFile(file); err == nil {
			c.profile = profileOf(string(text))
			break
		}
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		switch name {
		case "Seccomp":
			c.filtered = value == "2" // SECCOMP_MODE_FILTER
		case "CapEff":
			c.caps, _ = strconv.ParseUint(value, 16, 64)
		}
	}
	return c
}

// unmapped says which own ids are not mapped in the user namespace that this process is in.
func unmapped() string {
	user, group := isUnmapped("uid_map", os.Geteuid()), isUnmapped("gid_map", os.Getegid())
	switch {
	case user && group:
		return "neither your user nor your group is"
	case user:
		return "your user is not"
	case group:
		return "your group is not"
	}
	return ""
}

// isUnmapped looks for an id in a map of this process. One that is not mapped is shown as the
// overflow id (user_namespaces(7)), which a map seldom has.
func isUnmapped(file string, id int) bool {
	text, err := os.ReadFile("/proc/self/" + file)
	if err != nil {
		return false
	}
	m, err := idmap.ParseMap(string(text))
	return err == nil && !m.Has(uint32(id))
}

// profileOf reads the label of a process, "NAME (MODE)", or "unconfined" (aa_getcon(2)).
func profileOf(label string) string {
	label = strings.TrimRight(label, "\n\x00")
	name, mode, found := strings.Cut(label, " (")
	if !found || mode == "unconfined)" || mode == "complain)" {
		return ""
	}
	return name
}

func (c confinement) has(capability int) bool { return c.caps>>capability&1 != 0 }

// appArmor is what to say where AppArmor may be the cause; nil if it is not.
func (c confinement) appArmor(what string) []string {
	if c.profile == "" {
		return nil
	}
	return []string{"the AppArmor profile in force, " + c.profile + ", denies " + what,
		"start the container without it: --security-opt apparmor=unconfined; profiles of the system are in /etc/apparmor.d"}
}

// explainUserNamespace says why a new user namespace is refused.
func (c confinement) explainUserNamespace(errno syscall.Errno) []string {
	switch {
	case errno == syscall.EPERM && c.nobody != "":
		return []string{c.nobody + " mapped in the user namespace that xunshare was started in, so the kernel refuses another one: " +
			"map your ids when you make the outer one: unshare --map-current-user, or unshare -r"}
	case c.restrict:
		return appArmorRemedy()
	case c.profile != "" && (errno == syscall.EACCES || !c.filtered):
		return c.appArmor("user namespaces")
	case errno == syscall.EACCES:
		return []string{"a security module denies user namespaces: see the kernel's log (dmesg, ausearch)"}
	case c.filtered:
		return []string{"a seccomp filter is in force, as container engines install one, and refuses new namespaces: " +
			"docker run --security-opt seccomp=unconfined; podman's own filter allows them"}
	}
	return []string{"the kernel refuses new user namespaces in a chroot: run xunshare outside, or enter the tree with xunshare --root"}
}

// explainPrivilege says what an operation without a user namespace lacks.
func (c confinement) explainPrivilege(call verb.Call) []string {
	if !c.root {
		return []string{needUser}
	}
	if _, ok := call.(verb.Chroot); ok && !c.has(unix.CAP_SYS_CHROOT) {
		return []string{"root has no CAP_SYS_CHROOT here: start the container with --cap-add=SYS_CHROOT, or run xunshare there as another user, with --map-root-user"}
	}
	if c.has(unix.CAP_SYS_ADMIN) {
		return nil
	}
	return []string{"root has no CAP_SYS_ADMIN here, as in a container: add --map-root-user, for a user namespace in which root has it; " +
		"or start the container with --cap-add=SYS_ADMIN"}
}

// explainMap says why an id map is refused (user_namespaces(7); CAP_SETFCAP: Linux 5.12, commit
// db2e718a4798).
func (c confinement) explainMap() []string {
	switch {
	case c.restrict:
		return appArmorRemedy()
	case c.profile != "":
		return c.appArmor("capabilities in user namespaces")
	case c.root && !c.has(unix.CAP_SETFCAP):
		return []string{"mapping the outer id 0 takes CAP_SETFCAP, which root does not have here: " +
			"start the container with --cap-add=SETFCAP, or run xunshare there as another user"}
	}
	return nil
}
