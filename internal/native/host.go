package native

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/inside"
)

// belongs tells whether a file of the tree is where programs of the sets are. The host's file of
// the same name runs in its place, and the tree decides where its names lead: elsewhere, that would
// be any file of the caller's.
func belongs(file string) bool {
	for _, like := range [...]string{
		bin + "*", "/bin/*", gccDirs[0] + "/*/*/*", gccDirs[1] + "/*/*/*",
		libDir + "/go-*" + goTools + "*/*", libDir + "/" + llvm + "*/bin/*",
	} {
		if is, _ := path.Match(like, file); is {
			return true
		}
	}
	return false
}

// hostFile is where the host has a program: where the tree has it, but for what a cross compiler
// has in a folder of its own, and Go in one for each machine.
func hostFile(guest string) string {
	for _, dir := range gccDirs {
		if rest, ok := strings.CutPrefix(guest, dir+"/"); ok {
			return dir + "-cross/" + rest
		}
	}
	return hostGo(guest)
}

// match finds the host's program.
func (f *Finder) match(t *Tool, pkg string) {
	file := hostFile(t.Guest)
	t.Host = path.Join("/", f.HostRoot, file)
	err := check(f.HostRoot, t.Host)
	switch {
	case err == nil:
		return
	case errors.Is(err, fs.ErrNotExist):
		t.Why = "this machine has no " + file
		if f.HostRoot != "" {
			t.Why = f.HostRoot + " has no " + file
		}
		if pkg == "" {
			pkg = t.Name
		}
		t.Hint = f.install(pkg)
	default:
		t.Why = fmt.Sprintf("%s: %v", t.Host, err)
	}
	t.Host = ""
}

// install is the command that gets a package.
func (f *Finder) install(pkg string) string {
	if f.HostRoot != "" {
		return "xunshare --into=" + f.HostRoot + " apt-get install " + pkg
	}
	return "apt install " + pkg
}

// check finds out whether a file of the host, or of another system's root that it is in, can run in
// another's place. Symbolic links lead where they do there. What is no regular file is not opened.
func check(root, file string) error {
	r, err := inside.Read(root, within(root, file))
	if err != nil {
		return cause(err)
	}
	defer r.Close()
	image, err := binfmt.Inspect(r)
	switch {
	case err != nil:
		return err
	case image.ELF == nil:
		return fmt.Errorf("is %s", image.Kind)
	case image.ELF.Arch() != binfmt.Host():
		return errors.New("is not a program for this machine")
	}
	return nil
}

// within is the path in a root of a file that is in it.
func within(root, file string) string {
	if root == "" {
		return file
	}
	return path.Join("/", strings.TrimPrefix(file, path.Clean(root)))
}

// traces are the paths that tell, on the host, when a file in a root is another. A link in the root
// leads elsewhere on the host, so it is its directory that tells of the link.
func traces(root, file string) []string {
	if root == "" {
		return []string{file}
	}
	all := []string{file}
	for _, name := range [...]string{file, path.Dir(file)} {
		if real, err := inside.Resolve(root, within(root, name)); err == nil {
			all = append(all, path.Join(root, real))
		}
	}
	return all
}

// Programs and libraries of the host are smaller, and so is what is read at once of the tree.
const (
	mostOfHost = 512 << 20
	mostOfTree = 64 << 20
)
