package rulefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/test/asuser"
)

func TestMain(m *testing.M) { asuser.Main(m, nil) }

// files makes a system of these files. A text that begins with -> is where a symbolic link leads
// to.
func files(t *testing.T, texts map[string]string) System {
	t.Helper()
	s := System{Root: t.TempDir()}
	for path, text := range texts {
		path = s.Root + path
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if target, ok := strings.CutPrefix(text, "->"); ok {
			err = errors.Join(err, os.Symlink(target, path))
		} else {
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// result is what a function made of it: the rules, a line each, or the error and its remedies.
func result(s System, rules []*binfmt.Rule, err error) string {
	var text []string
	for _, r := range rules {
		text = append(text, r.String())
	}
	if err != nil {
		text = append(append(text, err.Error()), remedy.Hints(err)...)
	}
	return strings.ReplaceAll(strings.Join(text, "\n"), s.Root+"/", "/")
}
