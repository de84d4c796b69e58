package difftest

import (
	"slices"
	"testing"
)

// Every deviation that a case names is in the list, and no other is.
func TestDeviationsAreListed(t *testing.T) {
	var listed, named []string
	for _, d := range Deviations {
		if listed = append(listed, d.Name); d.expect != nil {
			named = append(named, d.Name)
		}
	}
	for _, c := range Cases {
		if c.Differs != "" {
			named = append(named, c.Differs)
		}
		if (c.Differs == "") != (c.Like == "" && c.Want == nil) {
			t.Errorf("%s: what it differs in, and what is expected, belong together", c.name())
		}
		if (c.Since == "") != (c.Lacks == "") {
			t.Errorf("%s: Since and Lacks belong together", c.name())
		}
	}
	slices.Sort(listed)
	slices.Sort(named)
	if named = slices.Compact(named); !slices.Equal(listed, named) {
		t.Errorf("listed %q\nnamed  %q", listed, named)
	}
}
