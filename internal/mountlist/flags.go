package mountlist

import (
	"strings"

	"golang.org/x/sys/unix"
)

// FlagsOf is what mount(2) takes for the options of a mount in /proc/PID/mountinfo.
func FlagsOf(options string) (flags uintptr) {
	for _, option := range strings.Split(options, ",") {
		switch option {
		case "ro":
			flags |= unix.MS_RDONLY
		case "nosuid":
			flags |= unix.MS_NOSUID
		case "nodev":
			flags |= unix.MS_NODEV
		case "noexec":
			flags |= unix.MS_NOEXEC
		case "noatime":
			flags |= unix.MS_NOATIME
		case "nodiratime":
			flags |= unix.MS_NODIRATIME
		case "relatime":
			flags |= unix.MS_RELATIME
		case "nosymfollow":
			flags |= nosymfollow
		}
	}
	if flags&(unix.MS_NOATIME|unix.MS_RELATIME) == 0 {
		flags |= unix.MS_STRICTATIME
	}
	return flags
}

// nosymfollow is MS_NOSYMFOLLOW of mount(2), Linux 5.10.
const nosymfollow = 0x100

// LacksSetattr tells whether the kernel is older than mount_setattr(2), Linux 5.12, or a filter refuses it (ENOSYS, EPERM). Unknown
// flags are what the kernel itself looks at first.
func LacksSetattr() bool {
	const unknown = 1 << 30
	return unix.MountSetattr(-1, "", unknown, &unix.MountAttr{}) != unix.EINVAL
}
