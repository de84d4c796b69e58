package test

import (
	"testing"

	"github.com/xunshare/xunshare/test/difftest"
)

// Xunshare does what unshare(1) does; where it does not the list of deviations in package difftest
// says so. Package root tries the same as root.
func TestDifferential(t *testing.T) {
	difftest.Run(t, binary(), tree(native), difftest.User, difftest.SubIDs)
}
