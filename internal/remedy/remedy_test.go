package remedy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/xunshare/xunshare/internal/remedy"
)

func TestHints(t *testing.T) {
	asked := 0
	hint := func() string { asked++; return "looked up" }
	inner := remedy.Later(hint, "sentence %d", 1)
	err := remedy.Wrap(fmt.Errorf("outer: %w", inner), "given")
	if err.Error() != "outer: sentence 1" || asked != 0 {
		t.Errorf("the message is %q, and the advice was looked up %d times for it", err, asked)
	}
	if got := remedy.Hints(err); !slices.Equal(got, []string{"given", "looked up"}) {
		t.Errorf("Hints() = %q", got)
	}
}
