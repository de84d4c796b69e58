package native

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/inside"
)

// A Tool is a program of the tree that was asked for.
type Tool struct {
	Name    string
	Guest   string          // its file in the tree, without symbolic links; "" if there is none
	Host    string          // the file that runs in its place; "" for none
	Why     string          // it is emulated; "" if it is not
	Hint    string          // what to do about that; "" for nothing
	Named   bool            // by the user, and not as one of a set
	Dropped bool            // the host's file was found to be no good
	Known   emulator.Native // what tells the tree's file from all others
	Machine []string        // variables that tell the host's the tree's machine
}

// drop has a tool emulated after all.
func (t *Tool) drop(why string) { t.Host, t.Why, t.Dropped = "", why, true }

// A Finder looks for programs.
type Finder struct {
	Tree     *inside.Root
	Arch     *binfmt.Arch // of the tree
	HostRoot string       // where the host's programs are; "" for this system, else a tree of its architecture

	// Descriptor is one that the target inherits, open on the folder, where that has no place in the tree:
	// the target enters trees by itself. It has two digits. 0 if the folder is at Folder.
	Descriptor int
}

// folder is what the target finds the folder by. A root of its own has a /proc of its own.
func (f *Finder) folder() string {
	if f.Descriptor != 0 {
		return fmt.Sprint("/proc/self/fd/", f.Descriptor)
	}
	return Folder
}

// root is the tree's path, wherever the caller works: the cache outlives that.
func (f *Finder) root() string {
	if root, err := filepath.Abs(f.Tree.Root); err == nil {
		return root
	}
	return f.Tree.Root
}

// Find looks for all that was asked for. What is in the tree more than once, as compilers of several
// versions, is listed for each.
func (f *Finder) Find(r *Request) (tools []Tool) {
	differ := f.releasesDiffer()
	for _, w := range r.wanted {
		found := f.locate(&w.program)
		for _, place := range found {
			t := Tool{Name: w.name, Named: w.named, Guest: place.file}
			if err := f.examine(&t, &w.program); err != nil {
				t.Why = err.Error()
			} else if t.Why = differ; differ == "" {
				f.match(&t, place.pkg)
				f.compareOffloading(&t, w.offloading)
				f.compareGo(&t)
			}
			tools = append(tools, t)
		}
		if len(found) == 0 {
			tools = append(tools, Tool{Name: w.name, Named: w.named, Why: "the tree has none"})
		}
	}
	f.distrust(tools)
	return tools
}

type place struct{ file, pkg string }

// locate lists where a program is in the tree.
func (f *Finder) locate(p *program) (found []place) {
	switch {
	case strings.Contains(p.place, "%T"):
		return f.locateCompilers(p)
	case p.set == golang:
		return f.locateGo(p)
	case p.set == clang:
		return f.locateClang(p)
	}
	if file, err := inside.Resolve(f.Tree.Seen(), bin+p.name); err == nil {
		pkg := p.pkg
		if triplet, _, ok := strings.Cut(path.Base(file), "-"+p.name); ok {
			pkg = strings.ReplaceAll(pkg, "%T", packageOf(triplet))
		}
		return []place{{file, pkg}}
	}
	return nil
}

// packageOf is a triplet in the name of a package, which has no underscore.
func packageOf(triplet string) string { return strings.ReplaceAll(triplet, "_", "-") }

// gccDirs are where GCC's own programs are: in Debian since 13 they are in libexec.
var gccDirs = [...]string{"/usr/lib/gcc", "/usr/libexec/gcc"}

func (f *Finder) locateCompilers(p *program) (found []place) {
	for _, triplet := range f.Tree.List(gccDirs[0]) {
		for _, version := range f.Tree.List(path.Join(gccDirs[0], triplet)) {
			fill := strings.NewReplacer("%T", triplet, "%V", version)
			for _, dir := range gccDirs {
				file, err := inside.Resolve(f.Tree.Seen(), strings.Replace(fill.Replace(p.place), gccDirs[0], dir, 1))
				if err == nil && f.Tree.Exists(file) {
					found = append(found, place{file, strings.ReplaceAll(p.pkg, "%T", packageOf(triplet))})
					break
				}
			}
		}
	}
	return found
}

// examine reads what tells the tree's program from all others.
func (f *Finder) examine(t *Tool, p *program) error {
	file, err := f.Tree.Read(t.Guest)
	if err != nil {
		return cause(err)
	}
	defer file.Close()
	image, err := binfmt.Inspect(file)
	if err != nil {
		return err
	}
	if err := f.refuse(t, p, image); err != nil {
		return err
	}
	if t.Machine, err = f.describe(file, p); err != nil {
		return err
	}
	t.Known.Flags = p.emulated
	if f.bigEndian() {
		t.Known.Flags |= emulator.LocaleSet
	}
	return identify(file, &t.Known)
}

// refuse says why the tree's program is not to run natively; nil if it may.
func (f *Finder) refuse(t *Tool, p *program, image *binfmt.Image) error {
	switch {
	case !belongs(t.Guest):
		return fmt.Errorf("%s is no directory of programs that may run natively", path.Dir(t.Guest))
	case image.ELF == nil:
		return fmt.Errorf("it is %s", image.Kind)
	case image.ELF.Arch() != f.Arch:
		return fmt.Errorf("it is not for %s", f.Arch.Name)
	case f.Tree.Mode(t.Guest)&(unix.S_ISUID|unix.S_ISGID) != 0:
		return errors.New("it is set-id")
	case p.words && f.Arch.Class != class64:
		return errors.New("what it does depends on the size of words")
	case p.endianness && f.bigEndian():
		return errors.New("what it does depends on the byte order")
	}
	return nil
}

// Numbers of elf(5), in e_ident.
const (
	class64 = 2 // ELFCLASS64
	dataMSB = 2 // ELFDATA2MSB
)

func (f *Finder) bigEndian() bool { return f.Arch.Data == dataMSB }

// headAt is where the part of the header begins that is compared.
const headAt = 24

// identify reads the build-id and a part of the header.
func identify(file *os.File, n *emulator.Native) error {
	id, at, err := buildID(file, len(n.ID))
	if err != nil || len(id) != len(n.ID) || at+uint64(len(id)) > emulator.NativeWindow {
		return errors.New("it has no build-id that it could be known by")
	}
	n.Offset = uint32(at)
	copy(n.ID[:], id)
	_, err = file.ReadAt(n.Head[:], headAt)
	return err
}

// buildID is the build-id, or the end of Go's, which is a sum of the program.
func buildID(file *os.File, size int) (id []byte, at uint64, err error) {
	if id, at, _, err = binfmt.Note(file, binfmt.GNU, binfmt.NoteBuildID); err == nil {
		return id, at, nil
	}
	id, at, _, err = binfmt.Note(file, binfmt.Go, binfmt.NoteGoBuildID)
	if more := len(id) - size; err == nil && more > 0 {
		id, at = id[more:], at+uint64(more)
	}
	return id, at, err
}

// compareOffloading finds out whether only the tree's compiler can leave work to a graphics card: then
// it has options of that in its debugging information, too.
func (f *Finder) compareOffloading(t *Tool, flags emulator.NativeFlags) {
	if t.Host == "" || flags == 0 {
		return
	}
	driver := strings.NewReplacer("-g++-", "-gcc-").Replace(t.Guest)
	if flags == emulator.Offloads { // a compiler itself, of which the driver tells
		version := path.Dir(t.Guest)
		driver = bin + path.Base(path.Dir(version)) + "-gcc-" + path.Base(version)
	}
	if f.offloads(f.Tree, driver) && !f.offloads(&inside.Root{Root: f.HostRoot}, driver) {
		t.Known.Flags |= flags
	}
}

// offloads tells whether a compiler was configured with offload targets.
func (f *Finder) offloads(in *inside.Root, driver string) bool {
	text, err := in.Text(driver, mostOfTree)
	return err == nil && bytes.Contains(text, []byte("--enable-offload-targets="))
}

// cause drops the path, which the sentence has.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
