package doctor

import (
	"errors"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/verb"
)

// Explain says what can be done about the error of a launch in these namespaces; nil if that is not
// known. What the target is and what else was asked for does not matter to it.
func Explain(ids *ns.Options, err error) []string {
	var helper *verb.HelperError
	if errors.As(err, &helper) {
		return ns.ExplainHelper(helper)
	}
	var failed *verb.Error
	if !errors.As(err, &failed) {
		return nil
	}
	for _, hints := range [][]string{
		ids.Explain(failed),
		binfmt.Explain(failed),
		chroot.Explain(failed, ids.OwnPIDs()),
		ns.ExplainRefusal(failed),
	} {
		if len(hints) > 0 {
			return hints
		}
	}
	return nil
}
