package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const mapFile = "../docs/architecture.md"

// documents are those that name files of the project.
func documents(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../docs/decisions/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no documents are %s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	return files
}

var (
	links = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// named is a path of the project: it has a slash, and is no absolute path, option, or address.
	named    = regexp.MustCompile("`([A-Za-z0-9_.]+(?:/[A-Za-z0-9_.-]+)+/?)`")
	symbol   = regexp.MustCompile("`([a-z]+)\\.([A-Z][A-Za-z]*)`")
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	document = regexp.MustCompile(`\bdocs/[a-z0-9/.-]+\.(?:md|1)\b`)
)

// Every link within the project leads somewhere, and so does every path that a document names.
func TestDocumentsLead(t *testing.T) {
	for _, file := range documents(t) {
		text := textOf(t, file)
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1], "://") && !leads(t, file, m[1]) {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			pattern := "../" + strings.ReplaceAll(m[1], "ARCH", "*")
			if found, err := filepath.Glob(pattern); m[1] != "bin/xunshare" && (err != nil || len(found) == 0) {
				t.Errorf("%s names %s, which is not there", file, m[1])
			}
		}
	}
}

// leads tells whether the target of a link in a file exists, and has the heading that the link
// names.
func leads(t *testing.T, from, target string) bool {
	t.Helper()
	path, anchor, hasAnchor := strings.Cut(target, "#")
	if path == "" {
		path = from
	} else {
		path = filepath.Join(filepath.Dir(from), path)
	}
	if _, err := os.Stat(path); err != nil || !hasAnchor {
		return err == nil
	}
	for _, m := range heading.FindAllStringSubmatch(textOf(t, path), -1) {
		if anchorOf(m[1]) == anchor {
			return true
		}
	}
	return false
}

// anchorOf is what GitHub makes of a heading: letters, digits and dashes.
func anchorOf(heading string) string {
	heading = strings.ReplaceAll(strings.ToLower(heading), " ", "-")
	return regexp.MustCompile(`[^a-z0-9_-]`).ReplaceAllString(heading, "")
}

// The comments of the code name documents that exist.
func TestDocumentsAreFound(t *testing.T) {
	for _, pattern := range []string{"../cmd/*/*.go", "../internal/*/*.go", "../internal/*/*/*.go", "../test/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, name := range document.FindAllString(textOf(t, file), -1) {
				if _, err := os.Stat("../" + name); err != nil {
					t.Errorf("%s names %s: %v", file, name, err)
				}
			}
		}
	}
}

// The documents name types and functions that exist.
func TestDocumentsNameCode(t *testing.T) {
	for _, file := range documents(t) {
		for _, m := range symbol.FindAllStringSubmatch(textOf(t, file), -1) {
			files, err := filepath.Glob("../internal/" + m[1] + "/*.go")
			if err != nil {
				t.Fatal(err)
			}
			if len(files) > 0 && !declared(t, files, m[2]) {
				t.Errorf("%s names %s.%s, which is not there", file, m[1], m[2])
			}
		}
	}
}

// declared tells whether one of the files declares a name.
func declared(t *testing.T, files []string, name string) bool {
	t.Helper()
	declares := regexp.MustCompile(`(?m)^(?:func (?:\([^)]*\) )?|type |const |var |\t)` + name + `\b`)
	for _, file := range files {
		if declares.MatchString(textOf(t, file)) {
			return true
		}
	}
	return false
}

// Every decision is in the list.
func TestDocumentsListDecisions(t *testing.T) {
	files, err := filepath.Glob("../docs/decisions/[0-9]*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	list := textOf(t, "../docs/decisions/README.md")
	for _, file := range files {
		if name := filepath.Base(file); strings.Count(list, "("+name+")") != 1 {
			t.Errorf("docs/decisions/README.md does not list %s once", name)
		}
	}
}

// The map stays short enough to be read.
func TestDocumentsMapIsShort(t *testing.T) {
	const most = 260
	if lines := strings.Count(textOf(t, mapFile), "\n"); lines >= most {
		t.Errorf("it has %d lines; fewer than %d are allowed: reasons and figures go to docs/decisions", lines, most)
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every package says what it is, and every exported name what it does. The three methods of a verb
// are explained once, at the interface.
func TestDocumentsInCode(t *testing.T) {
	explained := map[string]bool{}
	for _, file := range sources(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		explained[filepath.Dir(file)] = explained[filepath.Dir(file)] || parsed.Doc != nil
		for _, d := range parsed.Decls {
			for _, name := range unexplained(d) {
				if !strings.HasPrefix(file, "../internal/verb/") || !slices.Contains([]string{"String", "Needs", "Lower"}, name) {
					t.Errorf("%s: %s has no comment", file, name)
				}
			}
		}
	}
	for dir, ok := range explained {
		if !ok {
			t.Errorf("no file of %s says what the package is", dir)
		}
	}
}

// sources are the Go files of the program.
func sources(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"../cmd/*/*.go", "../internal/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no sources are %s: %v", pattern, err)
		}
		files = append(files, slices.DeleteFunc(found, func(f string) bool { return strings.HasSuffix(f, "_test.go") })...)
	}
	return files
}

// unexplained are the exported names without a comment of their own, or one of their group.
func unexplained(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d))) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					names = append(names, s.Names[0].Name)
				}
			}
		}
	}
	return names
}

// receiver is the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	of := d.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	name, _ := of.(*ast.Ident)
	if name == nil {
		return "" // a generic type
	}
	return name.Name
}
