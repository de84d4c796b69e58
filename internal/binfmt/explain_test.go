package binfmt

import "testing"

// A module that could be loaded is no use before Linux 6.7.
func TestPerNamespace(t *testing.T) {
	for release, want := range map[string]bool{"5.10.0-28-amd64": false, "6.1.0-18-amd64": false, "6.6.99": false, "6.7.0-rc1": true, "6.12.5": true,
		"7.0": true, "10.1-x": true, "unknown": true} {
		if ReleaseSince(release, 6, 7) != want {
			t.Errorf("%s: %v", release, !want)
		}
	}
}
