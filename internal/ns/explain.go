package ns

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/xunshare/xunshare/internal/verb"
)

// Explain says what can be done about a step of this package that failed, from what the system says
// of itself now. Nil if it was not one of ours or nothing helps.
func (o *Options) Explain(failed *verb.Error) []string {
	switch failed.Step.Call.(type) {
	case verb.Clone, verb.Unshare:
		return o.explainNew(failed.Errno)
	case verb.SetUser, verb.SetGroup, verb.DropGroups:
		return o.explainIDs(failed)
	case verb.Persist:
		return explainKept(failed.Errno)
	}
	denied := errors.Is(failed, fs.ErrPermission)
	if hints := o.explainOwn(failed, denied); hints != nil {
		return hints
	}
	switch {
	case failed.Errno == syscall.EACCES && mounts(failed.Step.Call):
		return confined().appArmor("mounts")
	case denied && appArmorRestricts():
		return appArmorRemedy()
	case denied && !o.Kinds.Has(User):
		return confined().explainPrivilege(failed.Step.Call)
	}
	return nil
}

// explainOwn is for what a process writes to its own files in /proc.
func (o *Options) explainOwn(failed *verb.Error, denied bool) []string {
	switch {
	case !strings.HasPrefix(failed.Path, "/proc/self/"):
	case errors.Is(failed, fs.ErrNotExist):
		return []string{"/proc is not mounted here: mount it, or enter this root with --mount-proc"}
	case errors.Is(failed, syscall.ERANGE):
		return []string{explainClock(failed)}
	case denied && !o.Kinds.Has(User):
		return []string{"only a new user namespace has a setting of its own: add --user"}
	case denied && strings.HasSuffix(failed.Path, "_map"):
		return confined().explainMap()
	}
	return nil
}

// explainClock is for an offset that leads out of what a clock can show (proc_timens_set_offset in
// kernel/time/namespace.c).
func explainClock(failed *verb.Error) string {
	if offset, ok := failed.Step.Call.(verb.WriteFile); ok && !strings.Contains(offset.Text, "-") {
		return "that is too far ahead: a clock can be set to 146 years at most (4611686018 seconds, counted from the start of the machine)"
	}
	return "a clock cannot be set back to before zero"
}

// ExplainRefusal is for a mount that nothing else explains: where a filter is in force, it may have
// refused the call.
func ExplainRefusal(failed *verb.Error) []string {
	if failed.Errno != syscall.EPERM || !mounts(failed.Step.Call) || !confined().filtered {
		return nil
	}
	return []string{"a seccomp filter is in force, as container engines install one, and may be what refuses " + failed.Operation +
		": docker run --security-opt seccomp=unconfined"}
}

// mounts tells whether a call is about mounts, which modules such as AppArmor may deny (EACCES)
// where the kernel would not.
func mounts(c verb.Call) bool {
	switch verb.First(c).(type) {
	case verb.Mount, verb.MoveMount, verb.PivotRoot, verb.NewMount, verb.CloneTree, verb.Bind, verb.Layer, verb.Unmount:
		return true
	}
	return false
}

const needUser = "an ordinary user may do this only in a user namespace of their own: add --map-root-user"

func (o *Options) explainNew(errno syscall.Errno) []string {
	switch {
	case errno == syscall.ENOSPC && setting("user/max_user_namespaces") == "0":
		return []string{"this system allows no user namespaces; an administrator can allow them: sysctl user.max_user_namespaces=10000"}
	case errno == syscall.ENOSPC || errno == syscall.EUSERS:
		return []string{"a limit on namespaces is reached, here or in a namespace outside of this one (bwrap --disable-userns sets such a limit): " +
			"see /proc/sys/user/max_*_namespaces there; user namespaces can be 32 deep"}
	case errno == syscall.EAGAIN:
		return []string{"you have reached the limit on processes (RLIMIT_NPROC), or your control group has: raise it: ulimit -u 4096"}
	case errno != syscall.EPERM && errno != syscall.EACCES:
		return nil
	case !o.Kinds.Has(User) && len(o.Persist) > 0:
		return explainKept(errno)
	case !o.Kinds.Has(User):
		return confined().explainPrivilege(nil)
	case setting("kernel/unprivileged_userns_clone") == "0":
		return []string{"this system forbids user namespaces to ordinary users; an administrator can allow them: sysctl kernel.unprivileged_userns_clone=1"}
	}
	return confined().explainUserNamespace(errno)
}

// explainKept is for a namespace that could not be bound on a file.
func explainKept(errno syscall.Errno) []string {
	switch errno {
	case syscall.EPERM:
		return []string{"keeping a namespace takes a mount where xunshare was started, and root there: start it with sudo, or inside another xunshare -rm"}
	case syscall.ENOENT:
		return []string{"the file has to exist: create it with touch(1)"}
	case syscall.EINVAL:
		return []string{"a mount namespace cannot be kept on a shared mount: take a file on a private one (mount --make-private)"}
	}
	return nil
}

// explainIDs is for ids that could not be changed to.
func (o *Options) explainIDs(failed *verb.Error) []string {
	_, groups := failed.Step.Call.(verb.DropGroups)
	switch {
	case failed.Errno == syscall.EPERM && !o.Kinds.Has(User) && os.Geteuid() != 0:
		if groups { // which one who maps a single group may not set
			return []string{needUser + " --map-auto"}
		}
		return []string{needUser}
	case o.Owner != nil && os.Geteuid() != 0:
		return []string{"only root can make a user namespace for somebody else: leave --owner out"}
	case failed.Errno == syscall.EINVAL:
		return []string{"the id is not mapped in the namespace: map it, with --map-users and --map-groups or --map-auto"}
	case groups && o.Kinds.Has(User):
		return []string{"mapping a single group disables setgroups(2), which --setgid needs: map groups with --map-auto or --map-groups"}
	}
	return nil
}

// ExplainHelper is for newuidmap(1) or newgidmap(1), which have refused a map.
func ExplainHelper(failed *verb.HelperError) []string {
	if strings.HasSuffix(failed.Said, "not allowed") {
		return []string{"you can map only your sub-ids, which /etc/subuid and /etc/subgid list: --map-auto maps them all"}
	}
	return nil
}

func appArmorRestricts() bool { return setting("kernel/apparmor_restrict_unprivileged_userns") == "1" }

func appArmorRemedy() []string {
	return []string{
		"AppArmor forbids user namespaces to programs without a profile (kernel.apparmor_restrict_unprivileged_userns=1)",
		"install the profile: sudo install -m644 packaging/apparmor/xunshare /etc/apparmor.d/ && sudo apparmor_parser -r /etc/apparmor.d/xunshare",
	}
}

// setting is a value of /proc/sys, "" where there is none.
func setting(name string) string {
	b, _ := os.ReadFile("/proc/sys/" + name)
	return strings.TrimSpace(string(b))
}
