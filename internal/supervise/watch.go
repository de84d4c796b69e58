package supervise

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/xunshare/xunshare/internal/machine"
)

// A watch hears signals, whether there is a target already or not.
type watch struct {
	byDefault, ignored machine.SignalSet
	signals            chan os.Signal
}

// listen begins to listen to those of a list that are not ignored. Each takes a round trip through the runtime's signal thread.
func listen(list []syscall.Signal, byDefault, ignored machine.SignalSet) watch {
	w := watch{byDefault, ignored, make(chan os.Signal, 64)}
	for _, sig := range list {
		if !ignored.Has(int(sig)) {
			signal.Notify(w.signals, sig)
		}
	}
	return w
}

// Dispositions are the signals that the process that waits takes the default of, and those that it ignores.
func (w *watch) Dispositions() (byDefault, ignored machine.SignalSet) { return w.byDefault, w.ignored }

// each calls pass for every signal, for as long as the process runs.
func (w *watch) each(pass func(syscall.Signal)) {
	for s := range w.signals {
		if sig, ok := s.(syscall.Signal); ok {
			pass(sig)
		}
	}
}
