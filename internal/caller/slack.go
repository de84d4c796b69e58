//go:build amd64 || arm64

package caller

// slack is the caller's timer slack (PR_SET_TIMERSLACK(2const)), if the entry has made it longer.
// The runtime's monitor, a thread, sleeps 20 microseconds at a time when the program starts: dozens
// of times in a launch. Threads inherit the slack of their maker, so that thread sleeps for 5 ms
// now, and so would any other that the runtime makes so early: a longer slack is no gain. That of a
// real-time process is 0 and stays so.
var slack uintptr

const setTimerSlack = 29

// RestoreSlack gives the calling thread, and all that it starts from then on, the caller's timer
// slack.
//
//go:nosplit
//go:norace
func RestoreSlack() {
	if slack != 0 {
		rawSyscall6(sysPrctl, setTimerSlack, slack, 0, 0, 0, 0)
	}
}
