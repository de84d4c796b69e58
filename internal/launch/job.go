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
		if report&answer == 0 && j.isStopped() {
			j.stop(syscall.Signal(report))
		}
	}
	status, err := wait(j.init, Shield)
	if err != nil {
		return Status{}, os.NewSyscallError("wait4", err)
	}
	j.tty.takeIfLeft()
	if j.ended != 0 {
		status = unix.WaitStatus(j.status)
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

// isStopped asks the init whether the target is stopped still: it may have been continued since it said so, together with
// this process, which must not stop then.
func (j *job) isStopped() bool {
	j.asked = 1
	j.send(unix.SIGCHLD)
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
	case sig == unix.SIGCONT:
		j.resume()
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
func (j *job) stop(sig syscall.Signal) {
	if sig == unix.SIGTTOU {
		sig = unix.SIGTTIN // the other we ignore
	}
	switch {
	case sig == unix.SIGTTIN && j.tty.foreground(): // so it may have the terminal now
		j.resume()
		return
	case j.inside != 0:
		j.tty.take()
	}
	stopSelf(sig)
	if sig != unix.SIGTTIN || !orphaned() { // or it would ask for the terminal again and again
		j.resume()
	}
}

// resume continues the target, in the foreground if that is where we are.
func (j *job) resume() {
	if j.tty.foreground() {
		j.give = 1
	}
	j.send(unix.SIGCONT)
}

// stopSelf stops this process as sig does that nobody handles, so that the shell tells the right reason. It returns when
// the process has been continued; or at once, if the kernel finds that nobody would do that.
func stopSelf(sig syscall.Signal) {
	runtime.LockOSThread() // whose own signal is sure to be taken before tgkill returns
	defer runtime.UnlockOSThread()
	var before, byDefault disposition
	set := func(new, old *disposition) {
		unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(new)), uintptr(unsafe.Pointer(old)), sigsetSize, 0, 0)
	}
	set(&byDefault, &before)
	unblock(sig)
	unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
	set(&before, nil)
}

// orphaned tells whether no shell is there to continue this process when it has been stopped from the terminal: then the
// kernel does not stop it (setpgid(2)).
func orphaned() bool {
	parent := unix.Getppid()
	session, err := unix.Getsid(parent)
	own, _ := unix.Getsid(0)
	return parent == 0 || err != nil || session != own
}
