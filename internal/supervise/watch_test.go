package supervise

import (
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// A signal is heard, on whatever thread it comes, with who has sent it; one that is ignored is not,
// and SIGCHLD only wakes.
func TestListen(t *testing.T) {
	w := listening(t, machine.SetOf(unix.SIGUSR2), unix.SIGUSR1, unix.SIGUSR2)
	machine.SetDispositions(0, machine.SetOf(unix.SIGUSR2))
	unix.Kill(os.Getpid(), unix.SIGUSR2)
	unix.Kill(os.Getpid(), unix.SIGUSR1)
	if got := next(t, &w); !slices.Equal(got, []heard{{signal: int32(unix.SIGUSR1)}}) {
		t.Errorf("heard %v", got)
	}
	if err := exec.Command("true").Run(); err != nil {
		t.Fatal(err)
	}
	if got := next(t, &w); len(got) != 0 {
		t.Errorf("the end of a child is heard: %v", got)
	}
	for i := range 1000 { // more than fit into one read, and each perhaps on another thread
		unix.Kill(os.Getpid(), unix.SIGUSR1)
		if got := next(t, &w); len(got) == 0 {
			t.Fatalf("signal %d is not heard", i)
		}
	}
}

// A full pipe loses signals, and blocks nobody.
func TestDeaf(t *testing.T) {
	w := listening(t, 0, unix.SIGUSR1)
	const many = 20000
	for range many {
		unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGUSR1)
	}
	count := 0
	w.each(func(heard) { count++ })
	if count == 0 || count >= many {
		t.Errorf("heard %d", count)
	}
}

func listening(t *testing.T, ignored machine.SignalSet, list ...syscall.Signal) watch {
	t.Helper()
	w, err := listen(machine.SetOf(list...), 0, ignored)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// next is what is heard next, within a while.
func next(t *testing.T, w *watch) (list []heard) {
	t.Helper()
	polled := []unix.PollFd{{Fd: int32(ear[0]), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(polled, 30_000)
		if err == unix.EINTR {
			continue
		}
		if n != 1 {
			t.Fatal("nothing is heard")
		}
		w.each(func(h heard) { list = append(list, h) })
		return list
	}
}

// What the handler writes is what is read.
func TestSizeOfHeard(t *testing.T) {
	if size := unsafe.Sizeof(heard{}); size != 12 {
		t.Errorf("%d bytes", size)
	}
}
