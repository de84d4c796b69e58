package launch

import (
	"cmp"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A job is a target under an init, as this process stands for it towards the caller's shell: it passes signals on, it
// stops and continues with the target, and it gives the target the terminal and takes it back.
//
// A target that has the terminal to itself gets a process group of its own, as a shell would give it: that of xunshare
// cannot be seen in the namespace, and a shell in there could not tell foreground from background. So does one without
// a terminal, so that each signal comes once. Any other stays in the group of its pipeline or script, and the kernel
// treats it like the rest of that.
type job struct {
	*station
	init    int // its pid
	tty     terminal
	reports int // the other end of the pipe
}

// runJob starts the program, the rest of which after Init is after, and stands for the target until it ends.
func (p *program) runJob(a *arena, after []Step) (Status, error) {
	j := job{station: &a.station, tty: controllingTerminal()}
	if err := j.open(p.parent, canShare(after)); err != nil {
		return Status{}, err
	}
	byDefault, ignored := Transparent.dispositions(p.world)
	ignored |= setOf(unix.SIGTTOU) // or we stop when we take the terminal
	byDefault &^= ignored
	signals := Transparent.forwards()
	if j.apart == 0 { // the terminal stops us with the rest of the group, at once
		byDefault |= setOf(unix.SIGTSTP) &^ ignored
		signals = slices.DeleteFunc(signals, func(sig syscall.Signal) bool { return sig == unix.SIGTSTP })
	}
	heard := listen(signals, ignored)
	<-heard.ready
	pid, err := p.start(a, byDefault, ignored)
	unix.Close(int(j.station.reports))
	if err != nil {
		unix.Close(j.reports)
		return Status{}, err
	}
	j.init = pid
	go heard.each(j.pass)
	status, err := j.wait()
	return status, cmp.Or(err, p.outcome(a))
}

// open sets the station up.
func (j *job) open(parent int, share bool) error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	j.reports = pipe[0]
	apart := j.tty.fd < 0 || j.tty.isJob()
	*j.station = station{wanted: 1, share: flag(share), apart: flag(apart), tty: int32(j.tty.fd), reports: int32(pipe[1]),
		parent: int32(parent), give: flag(apart && j.tty.foreground())}
	return nil
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// wait stops with the target until it ends.
func (j *job) wait() (Status, error) {
	for {
		report, ok := j.read()
		if !ok {
			break
		}
		if report&answer == 0 {
			j.stop(syscall.Signal(report))
		}
	}
	status, err := wait(j.init, Shield)
	if err != nil {
		return Status{}, os.NewSyscallError("wait4", err)
	}
	j.tty.takeIfLeft()
	switch {
	case j.ended != 0:
		status = unix.WaitStatus(j.status)
	case switchedOff(status):
		return Status{}, nil
	}
	return statusOf(status), nil
}

// read reads what the init says next; ok is false when that has ended, and with it the pipe's last writer.
func (j *job) read() (said byte, ok bool) {
	var buf [1]byte
	for {
		n, err := unix.Read(j.reports, buf[:])
		if err != unix.EINTR {
			return buf[0], n > 0
		}
	}
}

// isStopped asks the init whether the target is stopped.
func (j *job) isStopped() bool {
	j.asked = 1
	j.send(unix.SIGURG)
	for {
		said, ok := j.read()
		if !ok || said&answer != 0 {
			return ok && said != answer
		}
	}
}

// pass passes a signal on, unless the terminal has sent it to the target as well.
func (j *job) pass(sig syscall.Signal) {
	switch {
	case sig == unix.SIGCONT && orphaned():
		j.resume()
	case sig == unix.SIGCONT: // perhaps the one that ended our stop: that has been seen to
		j.poke = continued | flag(j.tty.foreground())*inForeground
		j.send(sig)
	case j.apart != 0 || !fromTerminal(sig):
		j.send(sig)
	}
}

// send sends sig to the init in such a way that it knows us (station.alone).
func (j *job) send(sig syscall.Signal) {
	info := [32]int32{int32(sig), 0, siQueue}
	unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(j.init), uintptr(sig), uintptr(unsafe.Pointer(&info)))
}

// stop stops this process, because the target has been stopped by sig.
//
// Both may have been stopped and continued together since. So the signal is made pending first and the init asked
// then: a SIGCONT that comes later takes the pending signal away, one that came before has continued the target.
func (j *job) stop(sig syscall.Signal) {
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
		if j.inside != 0 {
			j.tty.take()
		}
		held.release()
		if sig == unix.SIGTSTP || !orphaned() {
			j.resume()
		}
	}
}

// resume continues the target, in the foreground if that is where we are.
func (j *job) resume() {
	j.give = flag(j.tty.foreground())
	j.station.resume = 1
	j.send(unix.SIGCONT)
}

// orphaned tells whether no shell is there to continue this process when it has been stopped from the terminal: then the
// kernel does not stop it (setpgid(2)).
func orphaned() bool {
	parent := unix.Getppid()
	session, err := unix.Getsid(parent)
	own, _ := unix.Getsid(0)
	return parent == 0 || err != nil || session != own
}

// A heldSignal is pending for the calling thread, with its default action.
type heldSignal struct {
	sig    syscall.Signal
	mask   signalSet   // the thread's before
	before disposition // the process's
}

// hold sends this thread a signal and holds it back.
func hold(sig syscall.Signal) *heldSignal {
	h := &heldSignal{sig: sig}
	set := setOf(sig)
	changeMask(unix.SIG_BLOCK, &set, &h.mask)
	h.dispose(&disposition{}, &h.before)
	unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
	return h
}

// release lets the signal act, if it is pending still. When that has stopped the process it returns after SIGCONT.
func (h *heldSignal) release() {
	mask := h.mask &^ setOf(h.sig)
	changeMask(unix.SIG_SETMASK, &mask, nil)
	changeMask(unix.SIG_SETMASK, &h.mask, nil)
	h.dispose(&h.before, nil)
}

// drop takes the signal back: to ignore it is to forget it (sigaction(2)).
func (h *heldSignal) drop() {
	h.dispose(&disposition{handler: sigIgnore}, nil)
	h.dispose(&h.before, nil)
	changeMask(unix.SIG_SETMASK, &h.mask, nil)
}

func (h *heldSignal) dispose(to, old *disposition) {
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(h.sig), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(old)), sigsetSize, 0, 0)
}

func changeMask(how uintptr, set, old *signalSet) {
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), sigsetSize, 0, 0)
}
