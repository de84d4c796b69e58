package answer

import (
	"slices"
	"strings"
	"testing"
)

func isGID(name, _ string) bool { return name == "gid" }

func TestChosenOptions(t *testing.T) {
	for options, want := range map[string]string{
		"":                     "",
		"gid=5":                ",,,,,",
		"mode=620,gid=5":       "mode=620,,,,,,",
		"gid=5,mode=620":       ",,,,,,mode=620",
		"gid=5,gid=6,x":        ",,,,,,,,,,,,x",
		"gid,=gid,xgid=5,gid=": ",,,,=gid,xgid=5,,,,,",
		",,gid=5=6,":           ",,,,,,,,,,",
	} {
		if got := overwritten(options); got != want {
			t.Errorf("%q becomes %q, want %q", options, got, want)
		}
	}
}

// overwritten is what cleanMount makes of options.
func overwritten(options string) string {
	text := []byte(options)
	for _, s := range chosenOptions(options, isGID) {
		copy(text[s.start:], strings.Repeat(",", s.length))
	}
	return string(text)
}

// The kernel sees all options but the chosen ones, in their order, and no byte outside the string
// is written.
func FuzzChosenOptions(f *testing.F) {
	f.Add("mode=620,gid=5,,uid=0,gid")
	f.Fuzz(func(t *testing.T, options string) {
		for _, s := range chosenOptions(options, isGID) {
			if s.start < 0 || s.length <= 0 || s.start+s.length > len(options) {
				t.Fatalf("%+v is outside of %q", s, options)
			}
		}
		want := slices.DeleteFunc(nonEmpty(options), func(option string) bool {
			name, _, _ := strings.Cut(option, "=")
			return isGID(name, "")
		})
		if got := nonEmpty(overwritten(options)); !slices.Equal(got, want) {
			t.Errorf("%q: the kernel sees %q, want %q", options, got, want)
		}
	})
}

func nonEmpty(options string) []string {
	return slices.DeleteFunc(strings.Split(options, ","), func(option string) bool { return option == "" })
}
