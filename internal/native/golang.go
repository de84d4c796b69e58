package native

import (
	"bytes"
	"io"
	"path"
	"runtime"
	"strings"

	"github.com/xunshare/xunshare/internal/inside"
)

// Go's compiler, assembler and linker make the same of the same on every machine. The go command, which
// knows its machine, stays the tree's, and tells them theirs by GOARCH and the like (cmd/go/main.go).
const (
	libDir    = "/usr/lib"
	goTools   = "/pkg/tool/linux_" // in /usr/lib/go-VERSION; GOARCH follows
	goVersion = "/VERSION"         // beside pkg
)

// locateGo lists where a program of Go is in the tree, for each version that is there.
func (f *Finder) locateGo(p *program) (found []place) {
	for _, dir := range f.Tree.List(libDir) {
		version, is := strings.CutPrefix(dir, "go-")
		if !is {
			continue
		}
		tools := path.Join(libDir, dir, path.Dir(goTools))
		for _, machine := range f.Tree.List(tools) {
			file, err := inside.Resolve(f.Tree.Seen(), path.Join(tools, machine, path.Base(p.place)))
			if err == nil && f.Tree.Exists(file) {
				found = append(found, place{file, strings.ReplaceAll(p.pkg, "%V", version)})
			}
		}
	}
	return found
}

// goVersions are the files that tell the versions of those programs that are Go's.
func goVersions(guests []string) (files []string) {
	for _, guest := range guests {
		if root, _, ok := strings.Cut(guest, goTools); ok {
			files = append(files, root+goVersion)
		}
	}
	return files
}

// hostGo is where the host has a program of Go.
func hostGo(file string) string {
	root, rest, ok := strings.Cut(file, goTools)
	if !ok {
		return file
	}
	return root + goTools + runtime.GOARCH + "/" + path.Base(rest)
}

// compareGo has a program of Go emulated if the host's is another version: one reads what the other has
// made.
func (f *Finder) compareGo(t *Tool) {
	root, _, ok := strings.Cut(t.Guest, goTools)
	if !ok || t.Host == "" {
		return
	}
	version := func(in *inside.Root) []byte {
		r, err := in.Read(root + goVersion)
		if err != nil {
			return nil
		}
		defer r.Close()
		text, _ := io.ReadAll(io.LimitReader(r, 4<<10))
		return text
	}
	if v := version(f.Tree); len(v) == 0 || !bytes.Equal(v, version(&inside.Root{Root: f.HostRoot})) {
		t.Host, t.Why = "", "this machine has another version of Go"
	}
}
