package subid

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Helpers returns the paths of newuidmap(1) and newgidmap(1), which map sub-ids for a user who is
// not root. The error says why one of them could not do that, as far as that can be told
// beforehand; it is exec.ErrNotFound if one is not in PATH.
func Helpers() (newuidmap, newgidmap string, err error) {
	if newuidmap, err = helper("newuidmap", "cap_setuid", unix.CAP_SETUID); err != nil {
		return "", "", err
	}
	if newgidmap, err = helper("newgidmap", "cap_setgid", unix.CAP_SETGID); err != nil {
		return "", "", err
	}
	return newuidmap, newgidmap, nil
}

func helper(name, capName string, capability uint) (string, error) {
	path, err := environ.LookPath(name)
	if err != nil {
		if plain := unexecutable(name); plain != "" {
			return "", remedy.Wrap(&fs.PathError{Op: "exec", Path: plain, Err: fs.ErrPermission}, "sudo chmod 4755 "+plain)
		}
		return "", remedy.Errorf("install the package uidmap (Debian, Ubuntu), shadow-utils (Fedora) or shadow (elsewhere)",
			"%s, which maps ids for ordinary users: %w", name, errors.Unwrap(err))
	}
	p, err := inspect(path)
	if err != nil {
		return "", err
	}
	return path, p.judge(capName, capability)
}

// unexecutable is a file of that name in PATH; "" if there is none.
func unexecutable(name string) string {
	for _, dir := range filepath.SplitList(environ.Get("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// program is what decides whether the kernel gives a program more privilege than its caller has
// (execve(2)).
type program struct {
	path       string
	script     bool   // it has no privilege by itself, whatever its mode, but may call one that has
	mode       uint32 // st_mode
	owner      uint32
	caps       []byte // security.capability, nil for none
	nosuid     bool   // of its mount
	noNewPrivs bool   // of this thread, which its children inherit
	foreign    bool   // it belongs to a user whom this user namespace does not have
}

func inspect(path string) (program, error) {
	p := program{path: path}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return p, fmt.Errorf("stat %s: %w", path, err)
	}
	p.mode, p.owner, p.foreign = st.Mode, st.Uid, isForeign(st.Uid)
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return p, fmt.Errorf("statfs %s: %w", path, err)
	}
	if f, err := os.Open(path); err == nil {
		start := make([]byte, 2)
		_, _ = f.Read(start)
		p.script = string(start) == "#!"
		f.Close()
	}
	p.nosuid = fs.Flags&unix.ST_NOSUID != 0
	caps := make([]byte, 64) // more than any version of the attribute has
	if n, err := unix.Getxattr(path, "security.capability", caps); err == nil {
		p.caps = caps[:n]
	}
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	p.noNewPrivs = err == nil && set == 1
	return p, nil
}

// isForeign tells whether a file's owner is what the kernel makes of ids that are not mapped, and
// such ids exist.
func isForeign(owner uint32) bool {
	overflow, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil || strings.TrimSpace(string(overflow)) != strconv.FormatUint(uint64(owner), 10) {
		return false
	}
	return !hereIs(0, 1<<32-2)
}

// judge tells why the program will not have the capability, in the order in which it can be mended.
func (p program) judge(capName string, capability uint) error {
	setuid := p.mode&unix.S_ISUID != 0 && p.owner == 0
	switch {
	case p.script:
	case p.foreign && !hasCapability(p.caps, capability):
		return remedy.Errorf("start xunshare outside of it, or map a single id: --map-root-user",
			"%s cannot map ids: the user namespace that xunshare was started in, as in a sandbox, does not have the file's owner", p.path)
	case !setuid && !hasCapability(p.caps, capability):
		return remedy.Errorf(fmt.Sprintf("restore the owner and the mode that its package gave it: sudo chown root: %[1]s && sudo chmod u+s %[1]s", p.path),
			"%s cannot map ids: it is not set-uid root, and it has no %s", p.path, capName)
	case p.nosuid:
		return remedy.Errorf(fmt.Sprintf("mount it again: sudo mount -o remount,suid \"$(findmnt -n -o TARGET -T %s)\"", p.path),
			"%s cannot map ids: it is on a mount with nosuid", p.path)
	case p.noNewPrivs:
		return remedy.Errorf(OutsideNoNewPrivs,
			"%s cannot map ids: programs started here get no new privileges (no_new_privs)", p.path)
	}
	return nil
}

// OutsideNoNewPrivs is what to do about no_new_privs, which nothing inside can take away.
const OutsideNoNewPrivs = "start xunshare outside of what set that: a sandbox, setpriv --no-new-privs, NoNewPrivileges= of systemd, " +
	"no-new-privileges of a container engine"

// hasCapability reads struct vfs_cap_data of linux/capability.h: versions and flags, then the low
// words of the permitted and the inheritable set. The program has what is permitted to it only if
// the effective flag is set too (capabilities(7)).
func hasCapability(attr []byte, capability uint) bool {
	if len(attr) < 8 {
		return false
	}
	const effective = 1 // VFS_CAP_FLAGS_EFFECTIVE
	flags, permitted := binary.LittleEndian.Uint32(attr), binary.LittleEndian.Uint32(attr[4:])
	return flags&effective != 0 && permitted&(1<<capability) != 0
}
