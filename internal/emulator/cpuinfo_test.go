package emulator

import (
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
)

func TestHasCPUInfo(t *testing.T) {
	for _, c := range []struct {
		arch         string
		major, minor int
		want         bool
	}{
		{"arm64", 7, 2, false}, {"arm64", 8, 2, true}, {"arm64", 10, 0, true}, {"s390x", 7, 2, false}, {"m68k", 7, 2, true}, {"ppc", 10, 0, false},
	} {
		e := Emulator{Kind: QEMU, Arch: binfmt.FindArch(c.arch), Version: Version{Major: c.major, Minor: c.minor}}
		if got := e.HasCPUInfo(); got != c.want {
			t.Errorf("QEMU %d.%d for %s: %v", c.major, c.minor, c.arch, got)
		}
	}
}
