package machine

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A program is written while memory is collected, too: what the kernel is to read is no pointer of
// Go's, whatever its type says, and lies at an address that the collector would not expect one at.
func TestPutDuringCollection(t *testing.T) {
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	for range 20000 {
		p := new(Program)
		p.data = make([]byte, 1, 4096)[1:]
		Put(p, unix.Msghdr{Iovlen: 1})
	}
	close(stop)
	<-stopped
}
