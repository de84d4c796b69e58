package seccomp

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// The proof is the kernel: the test binary is its own child, root of a user namespace of one id,
// installs the filter of that name in itself and makes the calls.
const insideName = "XUNSHARE_TEST_FILTER"

var filters = map[string]func() Options{
	"none": nil, "fake": faking, "sync": unsynced, "nodes": notifying,
	"fake, setgroups": func() Options {
		o := faking()
		o.Setgroups = true
		return o
	},
}

func TestInKernel(t *testing.T) {
	for name := range filters {
		cmd := exec.Command("/proc/self/exe", "-test.run=^(TestInside|TestReally)$", "-test.v")
		cmd.Env = append(os.Environ(), insideName+"="+name)
		one := func(id int) []syscall.SysProcIDMap {
			return []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, UidMappings: one(os.Getuid()), GidMappings: one(os.Getgid())}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestInside") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestInside(t *testing.T) {
	name := os.Getenv(insideName)
	if name == "" {
		return // TestInKernel runs it
	}
	if filters[name] != nil {
		install(t, filters[name]())
	}
	for i := range trials {
		trial := &trials[i]
		for _, e := range entrances {
			if number := numberOf(trial.call, e.column); number != 0 {
				trial.run(t, name, e, number)
			}
		}
	}
}

// install installs a filter in all threads, and so in all programs that they start. Here
// no_new_privs is not needed.
func install(t *testing.T, o Options) {
	t.Helper()
	filter, err := o.Build()
	if err != nil {
		t.Fatal(err)
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		t.Fatal(errno)
	}
}

// numberOf is the number of a call, written NAME or, where ids of 16 bits are meant, NAME/16. The
// calls of i386 with 32 bits have their own names.
func numberOf(name string, c column) uint32 {
	name, isShort := strings.CutSuffix(name, "/16")
	for _, call := range calls {
		if n := call.numbers[c]; n != 0 && call.name == name && (call.ids&short != 0) == isShort {
			return n
		}
	}
	return 0
}

// A trial is a system call, and what becomes of it: the errno of the kernel where no filter changes
// anything.
type trial struct {
	call   string
	args   []uint32
	plain  syscall.Errno // without a filter that concerns it
	fake   bool          // with "fake", and with "fake, setgroups"
	synced bool          // faked with "sync"
	left   bool          // to a listener with "nodes"
	leaves string        // what there is of fileText afterwards if the call is made
}

const (
	atCwd = 1<<32 + unix.AT_FDCWD
	file  = textAt
	lost  = emptyAt // an empty path
	in    = 100     // called mapped, and is not: the kernel refuses it
	out   = 99      // neither
)

// trials are made with a file of the name fileText as descriptor 3, but for those that make one.
var trials = []trial{
	{call: "chown", args: []uint32{file, 0, 0}},
	{call: "chown", args: []uint32{file, none, none}},
	{call: "chown", args: []uint32{file, in, 0}, plain: unix.EINVAL},
	{call: "chown", args: []uint32{file, 0, 200}, plain: unix.EINVAL},
	{call: "chown", args: []uint32{file, out, 0}, plain: unix.EINVAL, fake: true},
	{call: "chown", args: []uint32{file, 0, 202}, plain: unix.EINVAL, fake: true},
	{call: "chown", args: []uint32{lost, 0, none}, plain: unix.ENOENT},
	{call: "chown", args: []uint32{lost, out, none}, plain: unix.ENOENT, fake: true},
	{call: "lchown", args: []uint32{lost, 0, 0}, plain: unix.ENOENT},
	{call: "lchown", args: []uint32{file, none, out}, plain: unix.EINVAL, fake: true},
	{call: "fchown", args: []uint32{3, in, 0}, plain: unix.EINVAL},
	{call: "fchown", args: []uint32{3, out, none}, plain: unix.EINVAL, fake: true},
	{call: "fchownat", args: []uint32{atCwd, file, in, 0, 0}, plain: unix.EINVAL},
	{call: "fchownat", args: []uint32{atCwd, file, 0, 0, 0}},
	{call: "fchownat", args: []uint32{atCwd, file, out, 0, 0}, plain: unix.EINVAL, fake: true},
	{call: "fchownat", args: []uint32{3, lost, 0, out, unix.AT_EMPTY_PATH}, plain: unix.EINVAL, fake: true},
	{call: "chown32", args: []uint32{lost, 0, 0}, plain: unix.ENOENT},
	{call: "chown32", args: []uint32{file, out, 0}, plain: unix.EINVAL, fake: true},
	{call: "lchown32", args: []uint32{file, in, 0}, plain: unix.EINVAL},
	{call: "lchown32", args: []uint32{file, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "fchown32", args: []uint32{3, 0, 200}, plain: unix.EINVAL},
	{call: "fchown32", args: []uint32{3, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "chown/16", args: []uint32{file, 0x50000, 0xffff}},
	{call: "chown/16", args: []uint32{file, 0x50000 + in, 0}, plain: unix.EINVAL},
	{call: "chown/16", args: []uint32{file, 0x50000 + out, 0}, plain: unix.EINVAL, fake: true},
	{call: "lchown/16", args: []uint32{file, 0, 200}, plain: unix.EINVAL},
	{call: "lchown/16", args: []uint32{file, out, 0}, plain: unix.EINVAL, fake: true},
	{call: "fchown/16", args: []uint32{3, in, 0}, plain: unix.EINVAL},
	{call: "fchown/16", args: []uint32{3, 0, out}, plain: unix.EINVAL, fake: true},

	{call: "setuid", args: []uint32{0}},
	{call: "setuid", args: []uint32{in}, plain: unix.EINVAL},
	{call: "setuid", args: []uint32{none}, plain: unix.EINVAL},
	{call: "setuid", args: []uint32{out}, plain: unix.EINVAL, fake: true},
	{call: "setgid", args: []uint32{200}, plain: unix.EINVAL},
	{call: "setgid", args: []uint32{in}, plain: unix.EINVAL, fake: true},
	{call: "setreuid", args: []uint32{none, in}, plain: unix.EINVAL},
	{call: "setreuid", args: []uint32{none, out}, plain: unix.EINVAL, fake: true},
	{call: "setreuid", args: []uint32{out, none}, plain: unix.EINVAL, fake: true},
	{call: "setregid", args: []uint32{200, none}, plain: unix.EINVAL},
	{call: "setregid", args: []uint32{none, out}, plain: unix.EINVAL, fake: true},
	{call: "setresuid", args: []uint32{0, 0, in}, plain: unix.EINVAL},
	{call: "setresuid", args: []uint32{0, 0, none}},
	{call: "setresuid", args: []uint32{0, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "setresuid", args: []uint32{0, out, 0}, plain: unix.EINVAL, fake: true},
	{call: "setresgid", args: []uint32{0, 0, 201}, plain: unix.EINVAL},
	{call: "setresgid", args: []uint32{0, out, 0}, plain: unix.EINVAL, fake: true},
	{call: "setuid32", args: []uint32{in}, plain: unix.EINVAL},
	{call: "setuid32", args: []uint32{out}, plain: unix.EINVAL, fake: true},
	{call: "setgid32", args: []uint32{200}, plain: unix.EINVAL},
	{call: "setgid32", args: []uint32{out}, plain: unix.EINVAL, fake: true},
	{call: "setreuid32", args: []uint32{0, in}, plain: unix.EINVAL},
	{call: "setreuid32", args: []uint32{0, out}, plain: unix.EINVAL, fake: true},
	{call: "setregid32", args: []uint32{0, 200}, plain: unix.EINVAL},
	{call: "setregid32", args: []uint32{0, out}, plain: unix.EINVAL, fake: true},
	{call: "setresuid32", args: []uint32{0, 0, in}, plain: unix.EINVAL},
	{call: "setresuid32", args: []uint32{0, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "setresgid32", args: []uint32{0, 0, 200}, plain: unix.EINVAL},
	{call: "setresgid32", args: []uint32{0, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "setuid/16", args: []uint32{in}, plain: unix.EINVAL},
	{call: "setuid/16", args: []uint32{out}, plain: unix.EINVAL, fake: true},
	{call: "setgid/16", args: []uint32{200}, plain: unix.EINVAL},
	{call: "setgid/16", args: []uint32{out}, plain: unix.EINVAL, fake: true},
	{call: "setreuid/16", args: []uint32{0xffff, in}, plain: unix.EINVAL},
	{call: "setreuid/16", args: []uint32{0xffff, out}, plain: unix.EINVAL, fake: true},
	{call: "setregid/16", args: []uint32{0xffff, 200}, plain: unix.EINVAL},
	{call: "setregid/16", args: []uint32{0xffff, out}, plain: unix.EINVAL, fake: true},
	{call: "setresuid/16", args: []uint32{0xffff, 0, in}, plain: unix.EINVAL},
	{call: "setresuid/16", args: []uint32{0xffff, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "setresgid/16", args: []uint32{0xffff, 0, 200}, plain: unix.EINVAL},
	{call: "setresgid/16", args: []uint32{0xffff, 0, out}, plain: unix.EINVAL, fake: true},
	{call: "setgroups", args: []uint32{0, 0}, plain: unix.EPERM, fake: true},
	{call: "setgroups32", args: []uint32{1, emptyAt}, plain: unix.EPERM, fake: true},
	{call: "keyctl", args: []uint32{unix.KEYCTL_CHOWN, 1, in, none}, plain: unix.EINVAL},
	{call: "keyctl", args: []uint32{unix.KEYCTL_CHOWN, 1, out, none}, plain: unix.EINVAL, fake: true},
	{call: "keyctl", args: []uint32{12345, 1, out, none}, plain: unix.EOPNOTSUPP},

	{call: "mknod", args: []uint32{file, unix.S_IFCHR | 0o600, 0x103}, plain: unix.EPERM, fake: true},
	{call: "mknod", args: []uint32{file, unix.S_IFBLK | 0o600, 0x103}, plain: unix.EPERM, fake: true},
	{call: "mknod", args: []uint32{file, unix.S_IFBLK | 0o600, 0}, plain: unix.EPERM, fake: true},
	{call: "mknod", args: []uint32{file, unix.S_IFCHR | 0o600, 0}, leaves: "c"},
	{call: "mknod", args: []uint32{file, unix.S_IFIFO | 0o600, 0x103}, leaves: "p"},
	{call: "mknod", args: []uint32{file, unix.S_IFSOCK | 0o600, 0x103}, leaves: "S"},
	{call: "mknod", args: []uint32{file, 0o600, 0x103}, leaves: "-"},
	{call: "mknodat", args: []uint32{atCwd, file, unix.S_IFCHR, 0x103}, plain: unix.EPERM, fake: true},
	{call: "mknodat", args: []uint32{atCwd, file, unix.S_IFIFO, 0x103}, leaves: "p"},

	{call: "chroot", args: []uint32{lost}, plain: unix.ENOENT, left: true},
	{call: "mount", args: []uint32{lost, lost, lost, 0, file}, plain: unix.ENOENT, left: true},
	{call: "mount", args: []uint32{lost, lost, lost, unix.MS_BIND, file}, plain: unix.ENOENT},
	{call: "mount", args: []uint32{lost, lost, lost, 0, 0}, plain: unix.ENOENT},
	{call: "fsconfig", args: []uint32{77, unix.FSCONFIG_SET_STRING, file, file, 0}, plain: unix.EBADF, left: true},
	{call: "fsconfig", args: []uint32{77, unix.FSCONFIG_SET_FLAG, file, 0, 0}, plain: unix.EBADF},
	{call: "fsync", args: []uint32{77}, plain: unix.EBADF, synced: true},
	{call: "fdatasync", args: []uint32{77}, plain: unix.EBADF, synced: true},
	{call: "syncfs", args: []uint32{77}, plain: unix.EBADF, synced: true},
	{call: "sync_file_range", args: []uint32{77, 0, 0, 0}, plain: unix.EBADF, synced: true},
	{call: "msync", args: []uint32{0x10000, 0x1000, unix.MS_SYNC}, plain: unix.ENOMEM, synced: true},
	{call: "msync", args: []uint32{0x10000, 0x1000, unix.MS_ASYNC}, plain: unix.ENOMEM},
	{call: "sync", synced: true},
}

// run makes the call of a trial and compares.
func (trial *trial) run(t *testing.T, filter string, e entrance, number uint32) {
	makes := strings.HasPrefix(trial.call, "mknod")
	dir := t.TempDir()
	cmd := exec.Command(caller(t, e, number, trial.args, fileText))
	cmd.Dir = dir
	if !makes {
		f, err := os.Create(dir + "/" + fileText)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = []*os.File{f}
	}
	err := cmd.Run()
	what := fmt.Sprintf("filter %q: %s%#x of %s", filter, trial.call, trial.args, e.name)
	if e.column == i386 && !has32Bit() { // int 0x80 is an illegal instruction then: no call gets past a filter by it
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if status.Signal() != unix.SIGSEGV || typeOf(dir+"/"+fileText) != "" && makes {
			t.Errorf("%s: %v, without 32-bit code in the kernel", what, cmd.ProcessState)
		}
		return
	}
	if cmd.ProcessState == nil || !cmd.ProcessState.Exited() {
		t.Fatalf("%s: %v", trial.call, err)
	}
	want, leaves := trial.want(filter, e)
	if got := syscall.Errno(cmd.ProcessState.ExitCode()); got != want {
		t.Errorf("%s: %v (%d), want %v (%d)", what, got, got, want, want)
	}
	if got := typeOf(dir + "/" + fileText); makes && got != leaves {
		t.Errorf("%s: made %q, want %q", what, got, leaves)
	}
}

func (trial *trial) want(filter string, e entrance) (errno syscall.Errno, leaves string) {
	fake := strings.HasPrefix(filter, "fake") && trial.fake || filter == "sync" && trial.synced
	if strings.HasPrefix(trial.call, "setgroups") && strings.HasSuffix(filter, "setgroups") {
		fake = false
	}
	switch {
	case filter == "nodes" && (trial.fake && strings.HasPrefix(trial.call, "mknod") || trial.left):
		return unix.ENOSYS, "" // what is left to a listener fails without one
	case fake, filter == "nodes" && trial.fake:
		return 0, ""
	case e.extra == x32 && !hasX32():
		return unix.ENOSYS, ""
	}
	return trial.plain, trial.leaves
}

// has32Bit tells whether this kernel runs 32-bit code (ia32_emulation in the kernel's command
// line).
var has32Bit = sync.OnceValue(func() bool { return binfmt.FindArch("i386").RunsHere() })

// hasX32 tells whether this kernel knows the numbers of x32 (CONFIG_X86_X32_ABI).
func hasX32() bool {
	_, _, errno := unix.RawSyscall(unix.SYS_GETPID|x32, 0, 0, 0)
	return errno == 0
}

// typeOf is the first letter that ls -l shows; "" if there is no such file.
func typeOf(file string) string {
	info, err := os.Lstat(file)
	if err != nil {
		return ""
	}
	return map[os.FileMode]string{0: "-", os.ModeNamedPipe: "p", os.ModeSocket: "S", os.ModeDevice | os.ModeCharDevice: "c", os.ModeDevice: "b"}[info.Mode().Type()]
}

// What is not in the table the kernel does for root of a namespace of one id: capabilities are
// given up, and those of a file set; and the id for files is told although it cannot be changed to
// another.
func TestReally(t *testing.T) {
	if os.Getenv(insideName) == "" {
		return // TestInKernel runs it
	}
	runtime.LockOSThread() // the thread that gives up a capability ends with the test
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	capability := []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // vfs_cap_data: revision 2, CAP_NET_BIND_SERVICE
	if err := unix.Setxattr(file, "security.capability", capability, 0); err != nil {
		t.Error("security.capability:", err)
	}
	if old, err := unix.SetfsuidRetUid(out); old != 0 || err != nil {
		t.Error("setfsuid:", old, err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var before, after [2]unix.CapUserData
	if err := unix.Capget(&header, &before[0]); err != nil {
		t.Fatal(err)
	}
	before[0].Effective &^= 1 << unix.CAP_CHOWN
	if err := unix.Capset(&header, &before[0]); err != nil {
		t.Error("capset:", err)
	}
	if err := unix.Capget(&header, &after[0]); err != nil || before != after {
		t.Errorf("capabilities are %x, want %x: %v", after, before, err)
	}
}
