package verb_test

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/verb"
)

// noticing leaves chroot(2) to the listener and allows everything else.
func noticing(data uint32) verb.Filter {
	return verb.Filter{Listen: true, Watched: 1, Program: []unix.SockFilter{
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
