package cmdline

import (
	"fmt"
	"strconv"
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
