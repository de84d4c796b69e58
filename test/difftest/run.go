package difftest

import (
	"bytes"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// patience is how long a command may take, on however loaded a machine.
const patience = 30 * time.Second

// command is the command that tries c, with other options if they are given: a shell makes it of
// c's words and becomes it.
func (b *bench) command(c *Case, x tool, args string) *exec.Cmd {
	program := c.Program
	switch {
	case program == NoProgram:
		program = ""
	case program == "" && c.Signal != 0:
		program = plain
	case program == "":
		program = `"$probe" one 'two words'`
	}
	script := c.Before + "\nexec \"$0\" " + args + " " + program
	if c.After != "" {
		script = c.Before + "\n\"$0\" " + args + " " + program + "; status=$?\n" + c.After + "\nexit $status"
	}
	cmd := exec.Command("/bin/sh", "-c", script, x.path)
	cmd.Env, cmd.Dir = b.environment(), b.dir
	cmd.WaitDelay = patience
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.Private {
		cmd.SysProcAttr.Unshareflags = unix.CLONE_NEWNS
	}
	return cmd
}

// observe tries c.
func (b *bench) observe(c *Case, x tool, args string, wait time.Duration) Observation {
	if c.Signal != 0 {
		return b.observeSignal(c, x, args, wait)
	}
	cmd := b.command(c, x, args)
	var out, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.Stdin), &out, &complaint
	if err := start(cmd, c.Block); err != nil {
		return Observation{"end": err.Error()}
	}
	giveUp := time.AfterFunc(patience, func() { unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	cmd.Wait()
	giveUp.Stop()
	o := b.facts.read(out.String(), cmd.Process.Pid)
	o["end"] = ending(cmd)
	if complaint.Len() > 0 {
		o["complains"] = "yes"
	}
	for _, key := range strings.Fields(c.Ignore) {
		delete(o, key)
	}
	return o
}

// start starts cmd with one signal blocked: a child inherits the mask of the thread that makes it.
func start(cmd *exec.Cmd, blocked syscall.Signal) error {
	if blocked == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	set, old := uint64(1)<<(blocked-1), uint64(0)
	mask := func(how int, new, old *uint64) {
		syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(new)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	}
	mask(unix.SIG_BLOCK, &set, &old)
	defer mask(unix.SIG_SETMASK, &old, nil)
	return cmd.Start()
}

// ending says how a command ended.
func ending(cmd *exec.Cmd) string {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
		return "unknown"
	case status.Signaled() && status.CoreDump():
		return fmt.Sprintf("%v with core", status.Signal())
	case status.Signaled():
		return status.Signal().String()
	}
	return fmt.Sprint("exit ", status.ExitStatus())
}
