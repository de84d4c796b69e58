package difftest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Programs for cases that send signals. They say when they are ready, and end when they read a
// line.
const (
	plain    = `sh -c 'echo ready; read line; echo end; exit 3'`
	handling = `sh -c 'for s in HUP INT QUIT TERM USR1 USR2; do trap "trap : $s; echo got $s; exit 7" $s; done; echo ready; read line; echo end; exit 3'`
	ignoring = `sh -c 'trap "" HUP INT QUIT TERM USR1 USR2; echo ready; read line; echo end; exit 3'`
)

// observeSignal sends the launcher a signal and waits for its end. Then it lets the program end, if
// that still runs: what it says then tells whether it outlived the launcher.
func (b *bench) observeSignal(c *Case, x tool, args string, wait time.Duration) Observation {
	cmd := b.command(c, x, args)
	from, to, err := os.Pipe()
	if err != nil {
		return Observation{"end": err.Error()}
	}
	defer from.Close()
	cmd.Stdout = to
	in, err := cmd.StdinPipe()
	if err == nil {
		err = start(cmd, c.Block)
	}
	to.Close()
	if err != nil {
		return Observation{"end": err.Error()}
	}
	giveUp := time.AfterFunc(patience, func() { unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	defer giveUp.Stop()
	lines := bufio.NewScanner(from)
	lines.Scan()
	unix.Kill(cmd.Process.Pid, c.Signal)
	ended := watch(cmd)
	select {
	case <-ended:
	case <-time.After(wait):
	}
	io.WriteString(in, "\n")
	said := []string{lines.Text()}
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	<-ended
	in.Close()
	return Observation{"end": ending(cmd), "out": strings.Join(said, ", ")}
}

// watch tells when the process itself has ended, whoever still holds its output.
func watch(cmd *exec.Cmd) <-chan bool {
	ended := make(chan bool)
	go func() {
		cmd.ProcessState, _ = cmd.Process.Wait()
		close(ended)
	}()
	return ended
}
