package asuser

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// tied runs a command that ends when descriptor 3 does, with all that it has started: in a process
// group of their own.
const tied = `
{ read -r _ <&3; kill -9 0; } </dev/null >/dev/null 2>&1 &
"$@" 3<&-
status=$?
{ kill -9 $!; wait $!; } 2>/dev/null
exit $status`

// Command is exec.Command for what tests prepare, which may take minutes. It does not outlive this
// process, however that ends: go test kills one that takes too long. (PR_SET_PDEATHSIG would end
// the command alone, and not what that has started.)
func Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("sh", append([]string{"-c", tied, "sh", name}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.ExtraFiles = []*os.File{life()[0]}
	return cmd
}

// life is a pipe that nobody writes to, and whose end for writing is open in this process alone, as
// long as it lives.
var life = sync.OnceValue(func() (pipe [2]*os.File) {
	var err error
	pipe[0], pipe[1], err = os.Pipe()
	check(err)
	return pipe
})
