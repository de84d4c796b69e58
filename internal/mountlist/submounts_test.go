package mountlist

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/moby/sys/mountinfo"
)

const mountTable = `1 0 8:1 / / rw,relatime - ext4 x rw
2 1 8:2 / /home rw,nosuid,relatime - ext4 x rw
3 2 8:2 / /home/me/mnt ro,nodev,noatime - ext4 x rw
4 1 8:3 / /homes rw - ext4 x rw
5 3 8:3 / /home/me/mnt rw,noexec - tmpfs x rw
6 1 8:3 / /srv rw - tmpfs x rw
7 6 8:3 / /srv/old rw - tmpfs x rw
8 6 8:3 / /srv rw,nodiratime,nosymfollow - tmpfs x rw
`

func TestUnder(t *testing.T) {
	mounts, err := mountinfo.GetMountsFromReader(strings.NewReader(mountTable), nil)
	if err != nil {
		t.Fatal(err)
	}
	const strict = unix.MS_STRICTATIME
	for path, want := range map[string][]Submount{
		"/home":        {{"", unix.MS_NOSUID | unix.MS_RELATIME}, {"/me/mnt", unix.MS_NOEXEC | strict}},
		"/home/me":     {{"", unix.MS_NOSUID | unix.MS_RELATIME}, {"/mnt", unix.MS_NOEXEC | strict}},
		"/home/me/mnt": {{"", unix.MS_NOEXEC | strict}},
		"/srv":         {{"", unix.MS_NODIRATIME | nosymfollow | strict}},
		"/etc":         {{"", unix.MS_RELATIME}},
		"/": {{"", unix.MS_RELATIME}, {"/home", unix.MS_NOSUID | unix.MS_RELATIME}, {"/home/me/mnt", unix.MS_NOEXEC | strict},
			{"/homes", strict}, {"/srv", unix.MS_NODIRATIME | nosymfollow | strict}},
	} {
		if got := under(path, mounts); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has %v, want %v", path, got, want)
		}
	}
}
