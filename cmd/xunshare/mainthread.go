package main

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/ns"
)

// A time namespace that this process enters itself gets its clocks through
// /proc/self/timens_offsets, which is the main thread's (timens_offsets_write in fs/proc/base.c).
// Only package initialisation is sure to run on that thread: later the scheduler may have moved the
// main goroutine. So the goroutine is bound here if the words may ask for such a namespace. That
// starts a thread more (startTemplateThread in the runtime), which other launches do without.
func init() {
	if mayEnterTime(os.Args[1:]) {
		runtime.LockOSThread()
	}
}

// mayEnterTime tells whether one of the words can be --time, in any spelling, or name a file that
// may hold it: --config, and --into with a name. The words of the program are among them: to bind
// the goroutine for nothing does no harm.
func mayEnterTime(words []string) bool {
	for i, word := range words {
		option, isLong := strings.CutPrefix(word, "--")
		switch {
		case !isLong:
			if strings.HasPrefix(word, "-") && strings.Contains(word, "T") {
				return true
			}
		case strings.HasPrefix(option, "t"), strings.HasPrefix(option, "co"):
			return true
		case strings.HasPrefix(option, "int"):
			if dir := strings.Join(words[i:min(i+2, len(words))], " "); !strings.Contains(dir, "/") {
				return true
			}
		}
	}
	return false
}

// stayOnMainThread binds nothing that init has not bound: it lets go of the thread where the words
// asked for no time namespace of this process's own.
func stayOnMainThread(ids *ns.Options) {
	if ids.Child() || !ids.Kinds.Has(ns.Time) {
		runtime.UnlockOSThread()
		return
	}
	if unix.Gettid() != unix.Getpid() {
		panic("xunshare: --time in words that mayEnterTime does not know")
	}
}
