package rulefile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/xrash/smetrics"

	"github.com/xunshare/xunshare/internal/remedy"
)

// unknown is the error for a name that is nowhere.
func (s System) unknown(name string) error {
	names, unread := s.names()
	hints := []string{"looked in " + strings.Join(systemdDirs[:], ", ") + ", " + qemuDir + " and " + debianDir}
	if near := nearest(name, names); len(near) > 0 {
		hints[0] = "nearest to it: " + strings.Join(near, ", ")
	}
	if len(unread) > 0 {
		hints = append(hints, "could not look into "+strings.Join(unread, ", "))
	}
	return remedy.New(fmt.Sprintf("no rule and no file of rules is called %q", name), hints...)
}

// names returns the names that Find knows: of rules, and of files whose rules are called otherwise.
// unread are files that may have more.
func (s System) names() (names, unread []string) {
	for _, f := range append(s.files(systemdDirs[:]...), s.files(qemuDir)...) {
		text, err := read(f.path)
		if errors.Is(err, fs.ErrPermission) {
			unread = append(unread, f.path)
		}
		if hasRule(text) {
			names = append(names, strings.TrimSuffix(f.name, ".conf"))
		}
		for _, line := range lines(text) {
			if name, ok := nameOf(line); ok {
				names = append(names, name)
			}
		}
	}
	names = append(names, listDir(s.Root+debianDir)...)
	slices.Sort(names)
	return slices.Compact(names), unread
}

// nearest returns the five of names that are most like name, the most like first; fewer if others
// are hardly like it.
func nearest(name string, names []string) []string {
	const near, most = 0.8, 5
	// All emulators of QEMU would be like each other by this.
	name = strings.TrimPrefix(name, "qemu-")
	likeness := func(other string) float64 {
		other = strings.TrimPrefix(other, "qemu-")
		return smetrics.JaroWinkler(strings.ToLower(name), strings.ToLower(other), 0.7, 4)
	}
	found := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return likeness(other) < near })
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(likeness(b), likeness(a)) })
	return found[:min(len(found), most)]
}
