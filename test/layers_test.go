package test

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of the project each one may import: arrows run from cmd down to launch and never turn
// (docs/architecture.md). A package that is not listed here has no place in the picture yet.
var layers = map[string][]string{
	"cmd/xunshare":      {"internal/accounts", "internal/binfmt", "internal/chroot", "internal/launch", "internal/ns", "internal/ns/idmap", "internal/remedy"},
	"internal/ns":       {"internal/accounts", "internal/launch", "internal/ns/idmap", "internal/remedy", "internal/subid"},
	"internal/ns/idmap": {},
	"internal/subid":    {"internal/accounts", "internal/remedy"},
	"internal/binfmt":   {"internal/launch", "internal/remedy"},
	"internal/chroot":   {"internal/launch", "internal/remedy"},
	"internal/launch":   {"internal/caller"},
	"internal/caller":   {},
	"internal/remedy":   {},
	"internal/accounts": {},
	"internal/asuser":   {},
	"test":              {"internal/asuser"},
	"test/vm":           {},
	"test/bench":        {"internal/asuser"},
}

const module = "github.com/xunshare/xunshare/"

func TestLayers(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := layers[name]
		if !known {
			t.Errorf("package %s has no place in the layers", name)
		}
		for _, imported := range p.Imports {
			if other, ours := strings.CutPrefix(imported, module); ours && !slices.Contains(allowed, other) {
				t.Errorf("%s must not import %s", name, other)
			}
		}
		seen++
	}
	if seen != len(layers) {
		t.Errorf("%d packages, %d layers", seen, len(layers))
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := decoder.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}
