package test

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of the project each one may import: arrows run from cmd down to launch and never turn
// (docs/architecture.md). A package that is not listed here has no place in the picture yet.
var layers = map[string][]string{
	"cmd/xunshare":      {"internal/accounts", "internal/binfmt", "internal/chroot", "internal/emulator", "internal/launch", "internal/nodes", "internal/ns", "internal/ns/idmap", "internal/remedy", "internal/rulefile", "internal/seccomp", "internal/terminfo"},
	"internal/nodes":    {"internal/launch", "internal/ns/idmap", "internal/seccomp"},
	"internal/ns":       {"internal/accounts", "internal/launch", "internal/ns/idmap", "internal/remedy", "internal/subid"},
	"internal/ns/idmap": {},
	"internal/rulefile": {"internal/binfmt", "internal/remedy"},
	"internal/seccomp":  {"internal/ns/idmap"},
	"internal/subid":    {"internal/accounts", "internal/remedy"},
	"internal/binfmt":   {"internal/launch", "internal/remedy"},
	"internal/chroot":   {"internal/launch", "internal/remedy"},
	"internal/emulator": {"internal/binfmt", "internal/remedy"},
	"internal/launch":   {"internal/caller"},
	"internal/caller":   {},
	"internal/remedy":   {},
	"internal/accounts": {},
	"internal/asuser":   {},
	"internal/terminfo": {},
	"internal/difftest": {"internal/asuser"},
	"test":              {},
	"test/root":         {},
	"test/vm":           {},
	"test/bench":        {"internal/asuser", "internal/binfmt"},
}

const module = "github.com/xunshare/xunshare/"

func TestLayers(t *testing.T) {
	found := imports(t)
	for name, list := range found {
		allowed, known := layers[name]
		if !known {
			t.Errorf("package %s has no place in the layers", name)
		}
		for _, other := range list {
			if !slices.Contains(allowed, other) {
				t.Errorf("%s must not import %s", name, other)
			}
		}
	}
	if len(found) != len(layers) {
		t.Errorf("%d packages, %d layers", len(found), len(layers))
	}
}

// imports lists, for each package of the project, which others of it its files import. Test files may import any.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && path != ".." && strings.HasPrefix(entry.Name(), ".") {
			return cmp.Or(err, fs.SkipDir)
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		name := strings.TrimPrefix(filepath.Dir(path), "../")
		list[name] = append(list[name], importsOf(t, path)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func importsOf(t *testing.T, path string) (list []string) {
	t.Helper()
	if strings.HasSuffix(path, "_test.go") {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		if other, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module); ours {
			list = append(list, other)
		}
	}
	return list
}
