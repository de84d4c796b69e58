package doctor

import (
	"fmt"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// A feature is what a release of Linux has brought. The manual (KERNEL SUPPORT) has a paragraph for
// each.
type feature struct {
	major, minor int
	what         string
	main         bool // the main job is poorer without it
}

var features = [...]feature{
	{3, 8, "user namespaces for ordinary users", true},
	{3, 19, "/proc/self/setgroups", true},
	{4, 3, "--keep-caps", false},
	{4, 6, "cgroup namespaces", false},
	{4, 8, "flag F of rules", true},
	{4, 15, "id maps of more than 5 extents", false},
	{4, 17, "--fake-ids and --suppress-sync", true},
	{5, 1, "rules that see 256 bytes of a file", false},
	{5, 2, "mounts in a root", true},
	{5, 3, "a program that cannot outlive xunshare", false},
	{5, 6, "time namespaces", false},
	{5, 7, "devices made under --fake-ids", true},
	{5, 9, "foreign programs by tracing", false},
	{5, 11, "--ephemeral for an ordinary user", false},
	{6, 2, "--time in place", false},
	{6, 7, "rules of a user namespace's own", true},
	{6, 16, "--ephemeral over another user's tree", false},
	{7, 3, "flags T, L and D of rules", false},
}

// kernel compares the release with the features. It alone reads rather than tries: the checks that
// try come after it.
func (p *patient) kernel() Finding { return judgeRelease(binfmt.Release()) }

func judgeRelease(release string) Finding {
	f := ok("Linux %s", release)
	var lacks []string
	for _, feature := range features {
		if binfmt.ReleaseSince(release, feature.major, feature.minor) {
			continue
		}
		lacks = append(lacks, fmt.Sprintf("%s (since %d.%d)", feature.what, feature.major, feature.minor))
		if feature.main {
			f.Result = Limited
		}
	}
	if len(lacks) > 0 {
		f.Detail += ", without " + strings.Join(lacks, ", ")
	}
	return f
}
