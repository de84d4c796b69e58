package test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/test/asuser"
)

// engine is what a container engine asks a runtime for.
type engine struct {
	caps    []string
	refused []object // the rules of the seccomp profile
	bare    bool     // nothing in /proc is masked
	user    int      // who runs the command; 0 for root
	people  bool     // root has other ids than its own
	whole   bool     // the engines' own profile is in force, in which all that is not listed is refused
	image   string   // the root, in place of a small tree that has the program
	env     []string // is set besides
}

type object = map[string]any

// The capabilities that containers have by default: DefaultCapabilities of moby's oci/caps, and of
// containers/common's config.
var (
	podmanCaps = []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",
		"CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"}
	dockerCaps = append(podmanCaps[:len(podmanCaps):len(podmanCaps)], "CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW")
	adminCaps  = append(dockerCaps[:len(dockerCaps):len(dockerCaps)], "CAP_SYS_ADMIN")
)

// What the profiles refuse of the calls that a launch makes. That of podman allows namespaces to
// everybody and host names to who has CAP_SYS_ADMIN; that of Docker both to who has that, and
// pivot_root(2) to nobody.
var (
	noNames      = refuse(unix.EPERM, "sethostname", "setdomainname")
	noPivot      = refuse(unix.EPERM, "pivot_root")
	noPivotAtAll = refuse(unix.ENOSYS, "pivot_root")
	noMounts     = refuse(unix.EPERM, "mount", "umount2", "unshare", "setns", "fsopen", "fsconfig", "fsmount", "open_tree", "move_mount", "mount_setattr")
	noChroot     = refuse(unix.EPERM, "chroot") // of podman's, in containers without CAP_SYS_CHROOT
	noAttributes = refuse(unix.EPERM, "mount_setattr")
	noTrees      = refuse(unix.EPERM, "open_tree", "move_mount", "fsopen") // Docker before 20
	noClone3     = refuse(unix.ENOSYS, "clone3")
	noSyncs      = refuse(0, "sync", "fsync", "fdatasync", "syncfs", "sync_file_range", "msync") // which succeed: nobody waits for the disk
)

func refuse(errno unix.Errno, calls ...string) object {
	return object{"names": calls, "action": "SCMP_ACT_ERRNO", "errnoRet": uint(errno)}
}

// refuseFlag refuses a call with that flag.
func refuseFlag(call string, arg int, flag uint64) object {
	o := refuse(unix.EPERM, call)
	o["args"] = []object{{"index": arg, "value": flag, "valueTwo": flag, "op": "SCMP_CMP_MASKED_EQ"}}
	return o
}

var (
	noNamespaces = refuseFlag("clone", 0, unix.CLONE_NEWUSER)
	noMoves      = refuseFlag("mount", 3, unix.MS_MOVE)
)

var (
	podman      = engine{caps: podmanCaps, refused: []object{noNames}}
	docker      = engine{caps: dockerCaps, refused: []object{noNames, noPivot, noMounts, noClone3, noNamespaces}}
	dockerAdmin = engine{caps: adminCaps, refused: []object{noPivot}}
)

// as is an engine that runs the command as an ordinary user.
func (e engine) as(user int) engine {
	e.user, e.caps = user, nil
	return e
}

// strict is an engine with its whole profile.
func (e engine) strict() engine {
	e.whole = true
	return e
}

func (e engine) peopled() engine {
	e.people = true
	return e
}

func (e engine) unmasked() engine {
	e.bare = true
	return e
}

// with is an engine with other rules.
func (e engine) with(refused ...object) engine {
	e.refused = refused
	return e
}

// start runs a command in a container, in whose root are the program, and the trees by
// architecture.
func (e engine) start(t *testing.T, command string, trees ...string) result {
	t.Helper()
	return e.exec(t, []string{"/bin/sh", "-c", command}, trees...)
}

func (e engine) exec(t *testing.T, command []string, trees ...string) result {
	t.Helper()
	bundle := t.TempDir()
	config, err := json.Marshal(e.config(t, command, trees))
	if err != nil {
		t.Fatal(err)
	}
	write(t, bundle+"/config.json", string(config), 0o644)
	return finish(t, exec.Command(runtime(t), "--root", bundle+"/state", "run", "--bundle", bundle, filepath.Base(bundle)))
}

// runtime is the one that is installed, which root alone may have in PATH. (The crun of Debian 12
// does not start where cgroups of both versions are mounted.)
func runtime(t *testing.T) string {
	t.Helper()
	for _, file := range []string{"runc", "/usr/sbin/runc", "crun"} {
		if path, err := exec.LookPath(file); err == nil {
			return path
		}
	}
	asuser.Skip(t, "neither runc nor crun is installed: scripts/install-deps test")
	return ""
}

func (e engine) config(t *testing.T, command, trees []string) object {
	root := e.image
	if root == "" {
		root = copyTree(t)
	}
	all := caps(e.caps)
	o := object{
		"ociVersion": "1.0.2",
		"hostname":   "container",
		"process": object{"user": object{"uid": e.user, "gid": e.user}, "args": command, "cwd": "/",
			"env": append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, e.env...), "capabilities": all},
		"root":   object{"path": root},
		"mounts": e.mounts(t, root, trees),
	}
	linux := object{
		"namespaces":  []object{{"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "ipc"}, {"type": "uts"}},
		"uidMappings": e.ids(os.Getuid()),
		"gidMappings": e.ids(os.Getgid()),
		"seccomp":     e.profile(t),
	}
	if !e.bare {
		maps.Copy(linux, object{
			"maskedPaths": []string{"/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
				"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"},
			"readonlyPaths": []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		})
	}
	o["linux"] = linux
	return o
}

// profile allows all that is not refused, or what the engines' profile allows beside that.
func (e engine) profile(t *testing.T) object {
	p := object{"defaultAction": "SCMP_ACT_ALLOW", "architectures": []string{"SCMP_ARCH_X86_64"}, "syscalls": e.refused}
	if e.whole {
		p["defaultAction"], p["defaultErrnoRet"], p["syscalls"] = "SCMP_ACT_ERRNO", uint(unix.ENOSYS), append(e.allowed(t), e.refused...)
	}
	return p
}

// allowed are the rules of the profile that podman and Docker come with, as far as they are for
// this machine and these capabilities. What is refused besides is left out: of two rules about one
// call one would have to go.
func (e engine) allowed(t *testing.T) (rules []object) {
	var profile struct {
		Syscalls []struct {
			Names              []string
			Action             string
			Args               []object
			Includes, Excludes struct{ Caps, Arches []string }
		}
	}
	const file = "/usr/share/containers/seccomp.json"
	text, err := os.ReadFile(file)
	if err != nil {
		asuser.Skip(t, file+" is not there: scripts/install-deps test")
	}
	if err := json.Unmarshal(text, &profile); err != nil {
		t.Fatal(err)
	}
	for _, r := range profile.Syscalls {
		isFor := len(r.Includes.Arches) == 0 || slices.Contains(r.Includes.Arches, "amd64")
		if r.Action != "SCMP_ACT_ALLOW" || !isFor || !containsAll(e.caps, r.Includes.Caps) || len(r.Excludes.Caps) > 0 && containsAll(e.caps, r.Excludes.Caps) {
			continue
		}
		names := slices.DeleteFunc(r.Names, func(name string) bool {
			return slices.ContainsFunc(e.refused, func(o object) bool { return slices.Contains(o["names"].([]string), name) })
		})
		if len(names) > 0 {
			rules = append(rules, object{"names": names, "action": r.Action, "args": r.Args})
		}
	}
	return append(rules, object{"names": []string{"clone"}, "action": "SCMP_ACT_ALLOW",
		"args": []object{{"index": 0, "value": uint64(unix.CLONE_NEWUSER), "valueTwo": uint64(0), "op": "SCMP_CMP_MASKED_EQ"}}})
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(list, w) })
}

// ids maps as many as are needed: not everybody who runs the tests has sub-ids.
func (e engine) ids(own int) []object {
	ids := []object{{"containerID": 0, "hostID": own, "size": 1}}
	if e.user != 0 || e.people {
		ids = append(ids, object{"containerID": 1, "hostID": 2000000, "size": 65536}) // asuser.SubIDs
	}
	return ids
}

func caps(list []string) object {
	return object{"bounding": list, "effective": list, "permitted": list}
}

// mounts are those of every engine, and what a test needs.
func (e engine) mounts(t *testing.T, root string, trees []string) []object {
	mounts := []object{
		{"destination": "/proc", "type": "proc", "source": "proc", "options": []string{"nosuid", "noexec", "nodev"}},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "mode=755"}},
		{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
		{"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": []string{"nosuid", "nodev", "noexec", "mode=1777"}},
		{"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": []string{"nosuid", "nodev", "noexec"}},
		{"destination": "/sys", "type": "none", "source": "/sys", "options": []string{"rbind", "nosuid", "noexec", "nodev", "ro"}},
	}
	bind := func(from, to string) {
		mounts = append(mounts, object{"destination": to, "type": "bind", "source": from, "options": []string{"rbind", "rw"}})
	}
	if e.image == "" {
		bind(binary(), "/bin/xunshare")
	}
	for _, arch := range trees {
		bind(copyOf(t, arch), "/"+arch)
		if arch != native {
			bind(emulator(t, arch), "/bin/"+filepath.Base(emulator(t, arch)))
		}
	}
	return mounts
}

const (
	noteName = "the host name cannot be set here"
	noteProc = "parts of /proc are masked here"
	noteMove = "the old root stays mounted, covered by the new one"
	noteRoot = "the root is entered by chroot(2) alone"
)

// What cannot be had in a container is left out, or something near to it taken, with one note about
// each.
func TestIntoInContainer(t *testing.T) {
	const inside = "hostname; ls -d /amd64 /../amd64 /proc/1/root/amd64 2>/dev/null; unshare -U true 2>/dev/null && echo nests; touch /etc/x"
	const native, foreign = "xunshare --into=/amd64 /bin/sh -c '" + inside + "' && rm /amd64/etc/x", "xunshare --into=/arm64 uname -m"
	for name, c := range map[string]struct {
		engine
		want  string
		notes []string
	}{
		"podman":              {podman, "container\nnests\naarch64\n", []string{noteName, noteProc}},
		"no chroot":           {podman.with(noNames, noChroot), "container\nnests\naarch64\n", []string{noteName, noteProc}},
		"unmasked":            {podman.unmasked(), "container\nnests\naarch64\n", []string{noteName}},
		"docker with rights":  {dockerAdmin, "amd64\nnests\naarch64\n", []string{noteMove, noteProc}},
		"unknown call":        {dockerAdmin.with(noPivotAtAll), "amd64\nnests\naarch64\n", []string{noteMove, noteProc}},
		"nothing moves":       {dockerAdmin.with(noPivot, noMoves), "amd64\naarch64\n", []string{noteRoot, noteProc}},
		"no attributes":       {dockerAdmin.with(noPivot, noAttributes), "amd64\nnests\naarch64\n", []string{noteMove, noteProc}},
		"all of it, unmasked": {podman.with(noPivot, noMoves, noNames).unmasked(), "container\naarch64\n", []string{noteName, noteRoot}},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.start(t, native+" && "+foreign, "amd64", "arm64")
			if r.status != 0 || r.out != c.want {
				t.Errorf("status %d, printed %q, want %q", r.status, r.out, c.want)
			}
			c.hasNotes(t, r.err, c.notes, 2)
		})
	}
}

// An ordinary user in a container is root in the tree, and no more.
func TestUserInContainer(t *testing.T) {
	needSubIDs(t)
	const inside = "hostname; id -u; touch /etc/x 2>/dev/null || echo fixed; unshare -U true && echo nests"
	r := podman.as(1000).start(t, "id -u; xunshare --into=/amd64 /bin/sh -c '"+inside+"'; xunshare --into=/arm64 uname -m; xunshare --arch=arm64 /arm64/bin/busybox id -u", "amd64", "arm64")
	if want := "1000\ncontainer\n0\nfixed\nnests\naarch64\n1000\n"; r.status != 0 || r.out != want {
		t.Errorf("%+v, want %q", r, want)
	}
	r = docker.as(1000).start(t, "xunshare --into=/amd64 true", "amd64")
	if r.status != 1 || !strings.Contains(r.err, "a seccomp filter is in force") {
		t.Errorf("%+v", r)
	}
}

// hasNotes fails the test unless each of the notes is there so many times, and no other.
func (engine) hasNotes(t *testing.T, stderr string, notes []string, times int) {
	t.Helper()
	if n := strings.Count(stderr, "xunshare: note: "); n != times*len(notes) {
		t.Errorf("%d notes: %s", n, stderr)
	}
	for _, note := range notes {
		if n := strings.Count(stderr, note); n != times {
			t.Errorf("%q %d times: %s", note, n, stderr)
		}
	}
}

// A /proc that nobody asked for need not be a new one.
func TestProcInContainer(t *testing.T) {
	for command, status := range map[string]int{
		"xunshare -rpf --arch=arm64 /arm64/bin/busybox uname -m":                                 0,
		"xunshare -rpf --arch=arm64 --root=/arm64 uname -m":                                      0,
		"xunshare -rpf --arch=arm64 --bind=/etc:/home /arm64/bin/busybox uname -m":               0,
		"xunshare -rpf --arch=arm64 --bind=/proc --root=/arm64 sh -c 'cd /proc/sys && uname -m'": 0,
		"xunshare -rpf --mount-proc /arm64/bin/busybox uname -m":                                 1,
		"xunshare -rpf --arch=arm64 --mount-proc --root=/arm64 uname -m":                         1,
	} {
		r := podman.start(t, command, "arm64")
		if status == 0 {
			podman.hasNotes(t, r.err, []string{noteProc}, 1)
		} else if lines := strings.Split(r.err, "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], "xunshare: mount a new proc: ") ||
			!strings.Contains(lines[1], noteProc) || !strings.Contains(lines[2], "--bind=/proc") {
			t.Errorf("%s: %q", command, r.err)
		}
		if r.status != status || (r.out == "aarch64\n") != (status == 0) {
			t.Errorf("%s: status %d, printed %q", command, r.status, r.out)
		}
	}
}

// What cannot be done at all names what keeps it from being done, and what can be.
func TestRefusedInContainer(t *testing.T) {
	for _, c := range []struct {
		engine
		command, says, remedy string
	}{
		{docker, "xunshare --into=/amd64 --tmpfs=/mnt true", "clone: operation not permitted", "a seccomp filter is in force"},
		{docker, "xunshare --mount --root=/amd64 true", "unshare: operation not permitted", "root has no CAP_SYS_ADMIN here"},
		{engine{refused: podman.refused}, "xunshare --into=/amd64 true", "write /proc/self/uid_map: operation not permitted", "--cap-add=SETFCAP"},
		{engine{refused: podman.refused}, "xunshare --root=/amd64 true", "chroot /amd64: operation not permitted", "--cap-add=SYS_CHROOT"},
		{dockerAdmin.with(noTrees), "xunshare --into=/amd64 true", "open_tree /proc: operation not permitted", "a seccomp filter is in force"},
		{podman, "echo root:x:0:0::/:/bin/sh >/etc/passwd; xunshare --map-auto true", "root has no sub-user-ids", "--map=auto maps all ids that there are here"},
		{podman, "xunshare --into=/amd64 --hostname=other true", "set the host name: sethostname other: operation not permitted", "leave out --hostname=other"},
		{podman, "xunshare --into=/amd64 --hostname=amd64 true", "set the host name: sethostname amd64: operation not permitted", "leave out --hostname=amd64"},
	} {
		r := c.start(t, c.command, "amd64")
		if r.status != 1 || !strings.Contains(r.err, c.says) || !strings.Contains(r.err, "hint: ") || !strings.Contains(r.err, c.remedy) {
			t.Errorf("%s: status %d, %q, %q", c.command, r.status, r.out, r.err)
		}
	}
	docker.start(t, "xunshare --root=/amd64 ls -d /amd64 /bin 2>/dev/null; true", "amd64").want(t, "/bin\n")
}
