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

const module = "github.com/xunshare/xunshare/"

// TestLayers compares the picture of the layers in the map with the imports: a package of the
// program may import those of lower lines, and no others. A package that is not drawn has no place
// yet, and those of the tests have none.
func TestLayers(t *testing.T) {
	drawn, packages := picture(t), imports(t)
	todo, seen := []string{"cmd/xunshare"}, map[string]bool{}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		if _, ok := drawn[name]; !ok {
			t.Errorf("%s is not in the picture of the layers", name)
			continue
		}
		for _, other := range packages[name] {
			if line, ok := drawn[other]; ok && line <= drawn[name] {
				t.Errorf("%s imports %s, which the picture of the layers does not show below it", name, other)
			}
			todo = append(todo, other)
		}
	}
	for name := range drawn {
		if !seen[name] {
			t.Errorf("%s is in the picture of the layers, and no package of the program", name)
		}
	}
}

// picture is the line of each package in the map's picture of the layers.
func picture(t *testing.T) map[string]int {
	t.Helper()
	_, section, found := strings.Cut(textOf(t, mapFile), "\n## The layers\n")
	section, _, ended := strings.Cut(section, "\n## ")
	if !found || !ended {
		t.Fatal("there is no section \"The layers\"")
	}
	lines := map[string]int{}
	for i, line := range slices.Collect(strings.Lines(section)) {
		if !strings.HasPrefix(line, "    ") {
			continue
		}
		for _, name := range strings.Fields(line) {
			lines[name] = i
		}
	}
	return lines
}

// imports lists, for each package of the project, which others of it its files import. Test files
// may import any.
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
