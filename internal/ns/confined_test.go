package ns

import (
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Each cause that can be told from the others has its own remedy.
func TestConfinement(t *testing.T) {
	const docker = "docker-default"
	all := ^uint64(0)
	for name, c := range map[string]struct {
		hints []string
		want  string // in the first; "" for none at all
	}{
		"userns, filter":           {confinement{filtered: true}.explainUserNamespace(syscall.EPERM), "seccomp=unconfined"},
		"userns, chroot":           {confinement{}.explainUserNamespace(syscall.EPERM), "in a chroot"},
		"userns, unmapped":         {confinement{nobody: "your user is not", filtered: true, restrict: true}.explainUserNamespace(syscall.EPERM), "your user is not mapped"},
		"userns, unmapped, EACCES": {confinement{nobody: "your user is not", filtered: true, profile: docker}.explainUserNamespace(syscall.EACCES), docker},
		"userns, Ubuntu":           {confinement{restrict: true, profile: "x"}.explainUserNamespace(syscall.EACCES), "apparmor_restrict_unprivileged_userns"},
		"userns, profile":          {confinement{profile: docker, filtered: true}.explainUserNamespace(syscall.EACCES), docker},
		"userns, profile, EPERM":   {confinement{profile: docker}.explainUserNamespace(syscall.EPERM), docker},
		"userns, other module":     {confinement{}.explainUserNamespace(syscall.EACCES), "security module"},
		"user":                     {confinement{}.explainPrivilege(nil), "add --map-root-user"},
		"root of a container":      {confinement{root: true, caps: 0xa80425fb}.explainPrivilege(nil), "root has no CAP_SYS_ADMIN here"},
		"root":                     {confinement{root: true, caps: all}.explainPrivilege(nil), ""},
		"map, root without a cap":  {confinement{root: true, caps: all &^ (1 << unix.CAP_SETFCAP)}.explainMap(), "CAP_SETFCAP"},
		"map, profile":             {confinement{profile: docker}.explainMap(), docker},
		"map":                      {confinement{}.explainMap(), ""},
		"mount, profile":           {confinement{profile: docker}.appArmor("mounts"), "the AppArmor profile in force, docker-default, denies mounts"},
		"mount, no profile at all": {confinement{}.appArmor("mounts"), ""},
	} {
		switch {
		case c.want == "" && len(c.hints) > 0, c.want != "" && (len(c.hints) == 0 || !strings.Contains(c.hints[0], c.want)):
			t.Errorf("%s: %q", name, c.hints)
		}
	}
}

func TestProfileOf(t *testing.T) {
	for label, want := range map[string]string{
		"unconfined\n": "", "docker-default (enforce)\n": "docker-default", "a//b (enforce)\x00": "a//b",
		"learning (complain)\n": "", "xunshare (unconfined)\n": "", "": "", "system_u:system_r:kernel_t:s0\x00": "",
	} {
		if got := profileOf(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}
