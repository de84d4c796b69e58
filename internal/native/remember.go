package native

import (
	"encoding/json"
	"fmt"
	"path"

	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/inside"
)

// remember is Find with a memory: to look at some hundred programs takes as long as all the rest of
// a launch. It is asked anew when one of them has changed, or a directory that has them.
func (f *Finder) remember(r *Request) (tools []Tool) {
	const form = "found 3"
	if f.Tree.View != "" {
		return f.Find(r)
	}
	names := []string{form, f.root(), f.HostRoot, f.Arch.Name}
	for _, w := range r.wanted {
		names = append(names, fmt.Sprint(w))
	}
	e, err := cache.Open(cache.Key(names...), func(_ string, from *cache.Sources) (string, error) {
		from.Add(f.basis(r)...)
		text, err := json.Marshal(f.Find(r))
		return string(text), err
	})
	if err != nil {
		return f.Find(r)
	}
	defer e.Close()
	if json.Unmarshal([]byte(e.Text), &tools) != nil {
		return f.Find(r)
	}
	return tools
}

// basis lists the files and directories that Find goes by. Those of the host are listed where they
// are missing, too: the user may install what a hint says.
func (f *Finder) basis(r *Request) (files []string) {
	root, guests := f.root(), f.guests(r)
	names := append([]string{"/usr/bin", "/etc/alternatives", infoDir, "/etc", "/usr/lib"}, f.compilerDirs()...)
	names = append(names, guests...)
	versions := goVersions(guests)
	names = append(names, versions...)
	for _, name := range names {
		if file, err := inside.Resolve(f.Tree.Seen(), name); err == nil && name != "" {
			files = append(files, path.Join(root, file))
		}
		if name == "/etc" || name == "/usr/lib" {
			files = append(files, path.Join(root, name, "os-release"), path.Join("/", f.HostRoot, name, "os-release"))
		}
	}
	for _, guest := range guests {
		files = append(files, traces(f.HostRoot, path.Join("/", f.HostRoot, hostFile(guest)))...)
	}
	for _, version := range versions {
		files = append(files, traces(f.HostRoot, path.Join("/", f.HostRoot, version))...)
	}
	return append(files, path.Join("/", f.HostRoot, bin))
}

// guests are the files in the tree of all programs that are asked for.
func (f *Finder) guests(r *Request) (files []string) {
	for _, w := range r.wanted {
		for _, place := range f.locate(&w.program) {
			files = append(files, place.file)
		}
	}
	return files
}

// compilerDirs are the directories that GCC's own programs lie in, and those above.
func (f *Finder) compilerDirs() (dirs []string) {
	for _, dir := range gccDirs {
		dirs = append(dirs, dir)
		for _, triplet := range f.Tree.List(dir) {
			dirs = append(dirs, path.Join(dir, triplet))
			for _, version := range f.Tree.List(path.Join(dir, triplet)) {
				dirs = append(dirs, path.Join(dir, triplet, version))
			}
		}
	}
	return dirs
}
