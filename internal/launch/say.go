package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Say writes a text on standard error, for what turns out only while the steps are made. Whether anybody hears it does not
// matter.
type Say struct{ Text string }

func (s Say) String() string { return fmt.Sprintf("write(2, %d bytes)", len(s.Text)) }

func (Say) needs() need { return nothing }

func (s Say) lower(p *program) {
	p.syscall("write", "", unix.SYS_WRITE, num(2), p.bytes([]byte(s.Text)), num(len(s.Text)))
	p.mayFail()
}
