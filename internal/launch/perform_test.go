package launch

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Work in other namespaces is done by a child without a program, which hands over what it has opened there.
func TestPerform(t *testing.T) {
	start := Step{Call: Clone{}, Reason: "start a helper"}
	handed, err := Perform([]Step{start, step(OpenPath{Path: "/etc", As: "etc"}), step(HandOver{"etc"}), step(Chdir{Path: "/"}),
		step(OpenPath{Path: "proc", As: "proc"}), step(HandOver{"proc"})})
	if err != nil || len(handed) != 2 {
		t.Fatal(handed, err)
	}
	for i, want := range []string{"/etc", "/proc"} {
		if got, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", handed[i])); got != want {
			t.Errorf("handed over %s, want %s", got, want)
		}
		unix.Close(handed[i])
	}
	before := openFiles(t)
	_, err = Perform([]Step{start, step(OpenPath{Path: "/etc", As: "etc"}), step(HandOver{"etc"}), step(OpenPath{Path: "/nosuch", As: "none"})})
	var failed *Error
	if !errors.As(err, &failed) || failed.Errno != unix.ENOENT || failed.Path != "/nosuch" {
		t.Errorf("the error is %v", err)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors are open, and were %d", after, before)
	}
	dir := t.TempDir()
	if _, err = Perform([]Step{start, step(OpenPath{Path: dir, As: "dir"}), step(Umask{0o027}), step(NewFile{Dir: "dir", Name: "new", Mode: 0o666, As: "new"})}); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(dir + "/new"); err != nil || info.Mode() != 0o640 {
		t.Errorf("made %v: %v", info, err)
	}
}

// A helper that is stopped is not waited for for ever.
func TestStoppedHelper(t *testing.T) {
	_, err := Perform([]Step{{Call: Clone{}, Reason: "start a helper"}, step(stop{}), step(OpenPath{Path: "/nosuch", As: "none"})})
	var failed *Error
	if err == nil || errors.As(err, &failed) {
		t.Errorf("the error is %v", err)
	}
}

// stop has a process stop itself.
type stop struct{}

func (stop) String() string { return "kill(SELF, SIGSTOP)" }

func (stop) needs() need { return nothing }

func (stop) lower(p *program) {
	const self FD = "self"
	p.open(self, "getpid", "", unix.SYS_GETPID)
	p.syscall("kill", "", unix.SYS_KILL, p.fd(self), num(int(unix.SIGSTOP)))
}

// Who has no descriptors left gets an error, keeps none of what has been handed over, and loses none.
func TestPerformWithoutDescriptors(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
	open := openFiles(t)
	plan := []Step{{Call: Clone{}, Reason: "start a helper"}, step(OpenPath{Path: "/etc", As: "etc"}), step(HandOver{"etc"}), step(HandOver{"etc"})}
	for limit := open - 2; ; limit++ {
		unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(limit), Max: before.Max})
		handed, err := Perform(plan)
		unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
		if after := openFiles(t); after != open+len(handed) {
			t.Fatalf("limit %d: %d descriptors are open, and were %d: %v, %v", limit, after, open, handed, err)
		}
		for _, fd := range handed {
			unix.Close(fd)
		}
		if err == nil {
			return
		}
	}
}

func step(c Call) Step { return Step{Call: c, Reason: "test"} }

func openFiles(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// noticing leaves chroot(2) to the listener and allows everything else.
func noticing(data uint32) Filter {
	return Filter{Listen: true, Watched: 1, Program: []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_CHROOT},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF | data},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}}}
}

// refuse answers the first call with EXDEV, if there is any.
func refuse(listener, stop int) {
	both := []unix.PollFd{{Fd: int32(stop), Events: unix.POLLIN}, {Fd: int32(listener), Events: unix.POLLIN}}
	unix.Poll(both, -1)
	if both[1].Revents&unix.POLLIN == 0 {
		return
	}
	var notice [10]uint64 // struct seccomp_notif of seccomp_unotify(2), and seccomp_notif_resp; the id is first in both
	unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&notice)))
	response := struct {
		id           uint64
		value        int64
		errno, flags int32
	}{id: notice[0], errno: -int32(unix.EXDEV)}
	unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&response)))
	unix.Poll(both[:1], -1)
	fmt.Println("stopped")
}
