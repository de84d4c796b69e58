package mountlist

import (
	"strings"

	"golang.org/x/sys/unix"
)

// flagsOf is what mount(2) takes for the options of a mount in /proc/PID/mountinfo.
func flagsOf(options string) (flags uintptr) {
	for _, option := range strings.Split(options, ",") {
		for _, known := range flagOptions {
			if option == known.option {
				flags |= known.flag
			}
		}
	}
	if flags&(unix.MS_NOATIME|unix.MS_RELATIME) == 0 {
		flags |= unix.MS_STRICTATIME
	}
	return flags
}

var flagOptions = [...]struct {
	option string
	flag   uintptr
}{
	{"ro", unix.MS_RDONLY}, {"nosuid", unix.MS_NOSUID}, {"nodev", unix.MS_NODEV}, {"noexec", unix.MS_NOEXEC},
	{"noatime", unix.MS_NOATIME}, {"nodiratime", unix.MS_NODIRATIME}, {"relatime", unix.MS_RELATIME}, {"nosymfollow", nosymfollow},
}

// nosymfollow is MS_NOSYMFOLLOW of mount(2), Linux 5.10.
const nosymfollow = 0x100

// LacksSetattr tells whether the kernel is older than mount_setattr(2), Linux 5.12, or a filter
// refuses it (ENOSYS, EPERM). Unknown flags are what the kernel itself looks at first.
func LacksSetattr() bool {
	const unknown = 1 << 30
	return unix.MountSetattr(-1, "", unknown, &unix.MountAttr{}) != unix.EINVAL
}
