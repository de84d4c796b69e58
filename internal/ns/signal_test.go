package ns

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	for name, want := range map[string]syscall.Signal{
		"KILL": 9, "kill": 9, "SIGKILL": 9, "sigTerm": 15, "IOT": 6, "CLD": 17, "POLL": 29, "IO": 29,
		"RTMIN+0": 34, "SIGRTMIN+1": 35, "RT2": 36, "RTMAX-0": 64, "RTMAX-30": 34, "RTMIN+30": 64,
	} {
		if got, err := ParseSignal(name); got != want || err != nil {
			t.Errorf("%s is %d, %v, want %d", name, got, err, want)
		}
	}
	for _, name := range []string{"", "9", "SIG", "SIGSIGKILL", "NOSUCH", "RT", "RTMIN+31", "RTMAX-31", "RT-1", "RTMIN+ 1", "RTMIN+256", "RTMAX-+1"} {
		if got, err := ParseSignal(name); err == nil || !strings.Contains(err.Error(), strconv.Quote(name)) {
			t.Errorf("%q is %d, %v", name, got, err)
		}
	}
}

// What is a signal is one in any case, with and without SIG, and can be sent.
func FuzzParseSignal(f *testing.F) {
	for _, name := range []string{"TERM", "sigkill", "RTMIN+3", "RTMAX-99", "SIGSIG"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		sig, err := ParseSignal(name)
		if err != nil {
			if sig != 0 {
				t.Errorf("%q: %d and %v", name, sig, err)
			}
			return
		}
		if sig < 1 || sig > rtMax {
			t.Errorf("%q is %d", name, sig)
		}
		plain := strings.TrimPrefix(strings.ToUpper(name), "SIG")
		for _, other := range []string{"SIG" + plain, "sig" + strings.ToLower(plain)} {
			if same, err := ParseSignal(other); same != sig || err != nil {
				t.Errorf("%q is %d, but %q is %d, %v", name, sig, other, same, err)
			}
		}
	})
}
