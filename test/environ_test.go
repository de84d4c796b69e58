package test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// asksOthers is what reads the environment that the Go runtime has, or starts programs with it.
// PWD, which os.Getwd and filepath.Abs read, is there.
var asksOthers = regexp.MustCompile(`\b(os|syscall|unix)\.(Getenv|LookupEnv|Environ|ExpandEnv|Expand|TempDir|CreateTemp|MkdirTemp|User\w*Dir|StartProcess)\b|"os/exec"|"os/user"|\btime\.Local\b`)

// The environment that the Go runtime has need not be the caller's: one package knows the latter.
// That a variable was missed would be seen only by users who have it.
func TestEnvironment(t *testing.T) {
	files := 0
	for _, dir := range []string{"../cmd", "../internal"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == "../internal/environ" {
				return err
			}
			files++
			text, err := os.ReadFile(path)
			if found := asksOthers.Find(text); found != nil {
				t.Errorf("%s: %s: package environ knows the caller's environment, and starts programs with it", path, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Errorf("only %d files", files)
	}
}
