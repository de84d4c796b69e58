package main

import (
	"slices"
	"testing"

	"github.com/xunshare/xunshare/internal/cmdline"
)

func TestChangedEnvironment(t *testing.T) {
	var asked cmdline.Options
	asked.Env = []cmdline.Change{{Name: "A", Value: "1"}, {Name: "B", Value: "x=y"}, {Name: "A", Unset: true}, {Name: "C"}, {Name: "D", Unset: true}, {Name: "E", Value: "2"}}
	o := resolve(&asked, asked.NS, nil)
	before := []string{"A=0", "D=1", "DD=2", "E=1", "E=3"}
	want := []string{"DD=2", "B=x=y", "C=", "E=2"}
	if got := o.changed(before); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if before[0] != "A=0" {
		t.Error("the caller's environment was changed")
	}
}
