package answer

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Only the devices that everybody may open are ever shown: kmsg is as near to them as a memory
// device can be.
func TestKindOf(t *testing.T) {
	for name, c := range map[string]struct {
		mode   uint32
		device uint64
		want   string
	}{
		"null":            {unix.S_IFCHR | 0o666, unix.Mkdev(1, 3), "null"},
		"zero":            {unix.S_IFCHR, unix.Mkdev(1, 5), "zero"},
		"full":            {unix.S_IFCHR, unix.Mkdev(1, 7), "full"},
		"random":          {unix.S_IFCHR, unix.Mkdev(1, 8), "random"},
		"urandom":         {unix.S_IFCHR, unix.Mkdev(1, 9), "urandom"},
		"tty":             {unix.S_IFCHR, unix.Mkdev(5, 0), "tty"},
		"mem":             {unix.S_IFCHR, unix.Mkdev(1, 1), ""},
		"kmsg":            {unix.S_IFCHR, unix.Mkdev(1, 11), ""},
		"console":         {unix.S_IFCHR, unix.Mkdev(5, 1), ""},
		"block device":    {unix.S_IFBLK, unix.Mkdev(1, 3), ""},
		"overlay's white": {unix.S_IFCHR, 0, ""},
	} {
		got := ""
		if kind := kindOf(c.mode, uint32(c.device)); kind >= 0 {
			got = harmless[kind].name
		}
		if got != c.want {
			t.Errorf("%s is shown as %q, want %q", name, got, c.want)
		}
	}
}
