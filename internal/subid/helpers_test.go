package subid

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// withoutPath puts PATH in the place of what the variable says.
func withoutPath(s string) string { return strings.ReplaceAll(s, os.Getenv("PATH"), "PATH") }

const (
	powerless = "/x cannot map ids: it is not set-uid root, and it has no cap_setuid\n" +
		"restore the owner and the mode that its package gave it: sudo chown root: /x && sudo chmod u+s /x"
	onNosuid = "/x cannot map ids: it is on a mount with nosuid\n" +
		"mount it again: sudo mount -o remount,suid \"$(findmnt -n -o TARGET -T /x)\""
	noNewPrivs = "/x cannot map ids: programs started here get no new privileges (no_new_privs)\n" +
		"start xunshare outside of what set that: a sandbox, setpriv --no-new-privs, NoNewPrivileges= of systemd, " +
		"no-new-privileges of a container engine"
	unmapped = "/x cannot map ids: the user namespace that xunshare was started in, as in a sandbox, does not have the file's owner\n" +
		"start xunshare outside of it, or map a single id: --map-root-user"
	missing = ", which maps ids for ordinary users: executable file not found in $PATH\n" +
		"install the package uidmap (Debian, Ubuntu), shadow-utils (Fedora) or shadow (elsewhere)"
)

func TestJudge(t *testing.T) {
	capable := capabilities(true, unix.CAP_SETUID)
	for _, c := range []struct {
		name string
		p    program
		want string
	}{
		{"set-uid root", program{mode: 0o104755}, ""},
		{"capable", program{mode: 0o100755, caps: capable}, ""},
		{"capable, somebody's", program{mode: 0o100755, owner: 1000, caps: capable}, ""},
		{"with more capabilities", program{mode: 0o100755, caps: capabilities(true, unix.CAP_CHOWN, unix.CAP_SETUID)}, ""},
		{"plain", program{mode: 0o100755}, powerless},
		{"set-gid", program{mode: 0o102755}, powerless},
		{"set-uid, somebody's", program{mode: 0o104755, owner: 1000}, powerless},
		{"another capability", program{mode: 0o100755, caps: capabilities(true, unix.CAP_SETGID)}, powerless},
		{"capability not effective", program{mode: 0o100755, caps: capabilities(false, unix.CAP_SETUID)}, powerless},
		{"no capability in the attribute", program{mode: 0o100755, caps: capable[:4]}, powerless},
		{"nosuid", program{mode: 0o104755, nosuid: true}, onNosuid},
		{"nosuid and capable", program{mode: 0o100755, caps: capable, nosuid: true}, onNosuid},
		{"no_new_privs", program{mode: 0o104755, noNewPrivs: true}, noNewPrivs},
		{"nosuid and no_new_privs", program{mode: 0o104755, nosuid: true, noNewPrivs: true}, onNosuid},
		{"sandboxed", program{mode: 0o104755, owner: 65534, foreign: true, noNewPrivs: true}, unmapped},
		{"sandboxed, capable", program{mode: 0o100755, owner: 65534, foreign: true, caps: capable}, ""},
		{"plain and all", program{mode: 0o100755, nosuid: true, noNewPrivs: true}, powerless},
	} {
		c.p.path = "/x"
		if got := message(System{}, c.p.judge("cap_setuid", unix.CAP_SETUID)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// helpers puts both programs in PATH: set-uid, or with capabilities, on a mount with these flags.
func helpers(t *testing.T, setuid bool, flags uintptr) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", flags, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir, 0) })
	t.Setenv("PATH", dir)
	for name, capability := range map[string]uint{"newuidmap": unix.CAP_SETUID, "newgidmap": unix.CAP_SETGID} {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, []byte("\x7fELF"), 0o755)
		if setuid {
			err = errors.Join(err, unix.Chmod(path, 0o4755))
		} else {
			err = errors.Join(err, unix.Setxattr(path, "security.capability", capabilities(true, capability), 0))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestHelpers(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	for _, setuid := range []bool{true, false} {
		dir := helpers(t, setuid, 0)
		if u, g, err := Helpers(); err != nil || u != dir+"/newuidmap" || g != dir+"/newgidmap" {
			t.Errorf("set-uid %t: %q %q %v", setuid, u, g, err)
		}
		dir = helpers(t, setuid, unix.MS_NOSUID)
		fails(t, strings.ReplaceAll(onNosuid, "/x", dir+"/newuidmap"))
	}
}

func TestHelpersNoNewPrivs(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	dir := helpers(t, true, 0)
	done := make(chan bool)
	go func() {
		defer close(done)
		// The thread ends with its goroutine, and what was set with it.
		runtime.LockOSThread()
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			t.Error(err)
		}
		fails(t, strings.ReplaceAll(noNewPrivs, "/x", dir+"/newuidmap"))
	}()
	<-done
}

// TestHelpersGroups: newgidmap is judged for itself.
func TestHelpersGroups(t *testing.T) {
	if !asuser.InNamespaces(t) {
		return
	}
	path := helpers(t, true, 0) + "/newgidmap"
	if err := unix.Setxattr(path, "security.capability", capabilities(true, unix.CAP_SETUID), 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	fails(t, strings.ReplaceAll(strings.ReplaceAll(powerless, "setuid", "setgid"), "/x", path))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	fails(t, "newgidmap"+missing)
}

// fails tests that the helpers are refused with this message.
func fails(t *testing.T, want string) {
	t.Helper()
	u, g, err := Helpers()
	if got := message(System{}, err); got != want || u != "" || g != "" {
		t.Errorf("%q %q\n%s\nwant\n%s", u, g, got, want)
	}
}

func TestHelpersMissing(t *testing.T) {
	noPrograms(t)
	fails(t, "newuidmap"+missing)
	if _, _, err := Helpers(); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v is not ErrNotFound", err)
	}
}

// TestHelpersPlain: helpers that were copied have lost their privilege; a script may call one that
// has it.
func TestHelpersPlain(t *testing.T) {
	script(t, "newgidmap", "")
	if err := os.WriteFile(os.Getenv("PATH")+"/newuidmap", []byte("\x7fELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	fails(t, strings.ReplaceAll(powerless, "/x", os.Getenv("PATH")+"/newuidmap"))
}

func TestInspect(t *testing.T) {
	own := filepath.Join(t.TempDir(), "own")
	if err := errors.Join(os.WriteFile(own, nil, 0o700), unix.Chmod(own, 0o4711)); err != nil {
		t.Fatal(err)
	}
	if p, err := inspect(own); err != nil || p.mode != 0o104711 || int(p.owner) != os.Getuid() || p.caps != nil || p.noNewPrivs {
		t.Errorf("%+v (%v)", p, err)
	}
	if _, err := inspect(own + "/none"); !errors.Is(err, unix.ENOTDIR) || err.Error() != "stat "+own+"/none: not a directory" {
		t.Errorf("%v", err)
	}
}
