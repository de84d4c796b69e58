package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Personality sets the execution domain of the process (personality(2)), which what it executes inherits.
type Personality struct{ Domain uint32 }

// Linux32 is PER_LINUX32: uname(2) tells the 32-bit machine, as setarch(8) has it.
const Linux32 = 0x0008

func (d Personality) String() string { return fmt.Sprintf("personality(%#x)", d.Domain) }

func (Personality) needs() need { return nothing }

func (d Personality) lower(p *program) {
	p.syscall("personality", "", unix.SYS_PERSONALITY, num(d.Domain))
}
