package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is too long to be read at once is in parts: functions, files and packages of the program. A
// function counts from its first line to its last. Few have more than ten ways through them.
func TestSizes(t *testing.T) {
	const maxFunction, median, maxFile, maxFiles, maxWays, fewIn = 80, 10, 300, 20, 10, 50
	var functions, winding []int
	files := map[string]int{}
	for _, dir := range []string{"../cmd", "../internal"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files[filepath.Dir(path)]++
			positions := token.NewFileSet()
			f, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			line := func(at token.Pos) int { return positions.Position(at).Line }
			if n := line(f.FileEnd); n > maxFile {
				t.Errorf("%s has %d lines", path, n)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				size := line(fn.End()) - line(fn.Pos()) + 1
				functions = append(functions, size)
				if n := ways(fn); n > maxWays {
					winding = append(winding, n)
					t.Logf("%s: %s has %d ways", path, fn.Name.Name, n)
				}
				if size > maxFunction {
					t.Errorf("%s: %s has %d lines", path, fn.Name.Name, size)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for dir, n := range files {
		if n > maxFiles {
			t.Errorf("%s has %d files", dir, n)
		}
	}
	slices.Sort(functions)
	if len(functions) < 1000 || functions[len(functions)/2] > median {
		t.Errorf("%d functions, the median has %d lines", len(functions), functions[len(functions)/2])
	}
	if len(winding)*fewIn > len(functions) {
		t.Errorf("%d of %d functions have more than %d ways through them", len(winding), len(functions), maxWays)
	}
}

// ways is the cyclomatic complexity of a function (McCabe 1976): one way, and one more for each
// condition.
func ways(fn *ast.FuncDecl) int {
	n := 1
	ast.Inspect(fn, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			n += min(len(node.List), 1) // no more for "default"
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}
