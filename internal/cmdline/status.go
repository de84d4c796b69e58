package cmdline

import (
	"fmt"
	"strconv"
	"strings"
)

// setStatusFD takes a descriptor that the caller has opened.
func setStatusFD(o *Options, v string) error {
	fd, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return fmt.Errorf("%q is not the number of a descriptor", v)
	}
	o.Status = int(fd)
	return nil
}

// findStatus looks for the descriptor in words of which others are wrong, because that is to be
// told there.
func (o *Options) findStatus(words []string) {
	for len(words) > 0 && isOption(words[0]) {
		var options []string
		options, words, _ = word(words)
		for _, option := range options {
			if fd, found := strings.CutPrefix(option, "--json-status-fd="); found {
				_ = setStatusFD(o, fd)
			}
		}
	}
}
