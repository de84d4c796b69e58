package inside

import "strings"

// ParseRelease reads what os-release(5) says of a system: the values by their names.
func ParseRelease(text string) map[string]string {
	values := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			values[name] = strings.Trim(value, `"'`)
		}
	}
	return values
}
