package supervise

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/machine"
)

// A Job is a target under an init, as this process stands for it towards the caller's shell: it
// passes signals on, it stops and continues with the target, and it gives the target the terminal
// and takes it back.
//
// A target that has the terminal to itself gets a process group of its own, as a shell would give
// it: that of xunshare cannot be seen in the namespace, and a shell in there could not tell
// foreground from background. So does one without a terminal, so that each signal comes once. Any
// other stays in the group of its pipeline or script, and the kernel treats it like the rest of
// that.
type Job struct {
	*machine.Station
	watch
	init    int // its pid
	tty     terminal
	reports int  // where the init's reports are read
	theirs  int  // our copy of the end that the init writes to; negative once it is closed
	over    bool // nobody can report any more
}

// NewJob sets up the station by which an init and this process tell each other what happens to the
// target, which may share the init's memory until it is executed, and begins to listen to signals.
func NewJob(s *machine.Station, w *machine.Self, share bool) (*Job, error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	j := &Job{Station: s, tty: controllingTerminal(), reports: pipe[0], theirs: pipe[1]}
	apart := j.tty.fd < 0 || j.tty.isJob()
	s.Open(machine.Station{Apart: flag(apart), TTY: int32(j.tty.fd), Reports: int32(pipe[1]), Parent: int32(w.Parent),
		Give: flag(apart && j.tty.foreground())}, share)
	byDefault, ignored := Transparent.dispositions(w)
	ignored |= machine.SetOf(unix.SIGTTOU) // or we stop when we take the terminal
	byDefault &^= ignored
	signals := Transparent.forwards()
	if !apart { // the terminal stops us with the rest of the group, at once
		byDefault |= machine.SetOf(unix.SIGTSTP) &^ ignored
		signals &^= machine.SetOf(unix.SIGTSTP)
	}
	var err error
	j.watch, err = listen(signals, byDefault, ignored)
	return j, err
}

// Close closes the pipe of a job whose init has not been started, or has ended.
func (j *Job) Close() {
	j.closeTheirs()
	unix.Close(j.reports)
}

func (j *Job) closeTheirs() {
	if j.theirs >= 0 {
		unix.Close(j.theirs)
		j.theirs = -1
	}
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// Begin stands for a target whose init has been started.
func (j *Job) Begin(pid int) {
	j.closeTheirs()
	j.init = pid
}

// Watch says what to wait for.
func (j *Job) Watch(polled []unix.PollFd) {
	polled[0] = unix.PollFd{Fd: int32(ear[0]), Events: unix.POLLIN}
	polled[1] = unix.PollFd{Fd: int32(j.reports), Events: unix.POLLIN}
}

// React passes on what has been heard, and stops with the target.
func (j *Job) React(polled []unix.PollFd) {
	if polled[0].Revents != 0 {
		j.each(j.pass)
	}
	if polled[1].Revents == 0 {
		return
	}
	report, ok := j.read()
	j.over = !ok
	if ok && report&machine.Answer == 0 {
		j.stop(syscall.Signal(report))
	}
}

// Look tells how the target has ended, once the init has.
func (j *Job) Look() (end Status, ended bool, err error) {
	if !j.over {
		return Status{}, false, nil
	}
	status, err := WaitFor(j.init, Shield)
	if err != nil {
		return Status{}, true, os.NewSyscallError("wait4", err)
	}
	j.tty.takeIfLeft()
	switch {
	case j.Ended != 0:
		status = unix.WaitStatus(j.Status)
	case switchedOff(status):
		return Status{}, true, nil
	}
	return statusOf(status), true, nil
}

// read reads what the init says next; ok is false when that has ended, and with it the pipe's last
// writer.
func (j *Job) read() (said byte, ok bool) {
	var buf [1]byte
	for {
		n, err := unix.Read(j.reports, buf[:])
		if err != unix.EINTR {
			return buf[0], n > 0
		}
	}
}

// isStopped asks the init whether the target is stopped.
func (j *Job) isStopped() bool {
	j.Asked = 1
	j.send(unix.SIGURG)
	for {
		said, ok := j.read()
		if !ok || said&machine.Answer != 0 {
			return ok && said != machine.Answer
		}
	}
}

// pass passes a signal on, unless the terminal has sent it to the target as well.
func (j *Job) pass(h heard) {
	switch sig := h.sig(); {
	case sig == unix.SIGCONT && orphaned():
		j.resume()
	case sig == unix.SIGCONT: // perhaps the one that ended our stop: that has been seen to
		j.Poke = machine.Continued | flag(j.tty.foreground())*machine.InForeground
		j.send(sig)
	case j.Apart != 0 || !h.fromTerminal():
		j.send(sig)
	}
}

// send sends sig to the init in such a way that it knows us (machine.Station.alone).
func (j *Job) send(sig syscall.Signal) {
	info := [32]int32{int32(sig), 0, machine.SIQueue}
	unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(j.init), uintptr(sig), uintptr(unsafe.Pointer(&info)))
}

// stop stops this process, because the target has been stopped by sig.
//
// Both may have been stopped and continued together since. So the signal is made pending first and
// the init asked then: a SIGCONT that comes later takes the pending signal away, one that came
// before has continued the target.
func (j *Job) stop(sig syscall.Signal) {
	wantsTerminal := sig == unix.SIGTTIN || sig == unix.SIGTTOU
	own := unix.SIGTSTP
	if wantsTerminal {
		own = unix.SIGTTIN
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	held := hold(own)
	switch {
	case !j.isStopped():
		held.drop()
	case wantsTerminal && j.tty.foreground(): // it may have it now
		held.drop()
		j.resume()
	default:
		if j.Inside != 0 {
			j.tty.take()
		}
		held.release()
		if sig == unix.SIGTSTP || !orphaned() {
			j.resume()
		}
	}
}

// resume continues the target, in the foreground if that is where we are.
func (j *Job) resume() {
	j.Give = flag(j.tty.foreground())
	j.Resume = 1
	j.send(unix.SIGCONT)
}

// orphaned tells whether no shell is there to continue this process when it has been stopped from
// the terminal: then the kernel does not stop it (setpgid(2)).
func orphaned() bool {
	parent := unix.Getppid()
	session, err := unix.Getsid(parent)
	own, _ := unix.Getsid(0)
	return parent == 0 || err != nil || session != own
}
