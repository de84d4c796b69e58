package native

import (
	"errors"
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/inside"
)

// llvm is the name of a directory of Clang's in /usr/lib, which its version follows.
const llvm = "llvm-"

// told is how Clang learns that it works for the tree's machine, and where its own headers are: by
// options that its driver reads in the environment (ApplyQAOverride in clang/tools/driver/driver.cpp),
// in front of all others. They tell the tree's own Clang nothing new.
const told = "CCC_OVERRIDE_OPTIONS=#^--target=%S ^-resource-dir=%R"

// locateClang lists where a program of LLVM is in the tree, for each version that is there.
func (f *Finder) locateClang(p *program) (found []place) {
	for _, version := range f.llvmVersions() {
		file, err := inside.Resolve(f.Tree.Seen(), path.Join(libDir, llvm+version, "bin", p.name))
		if err == nil && f.Tree.Exists(file) {
			found = append(found, place{file, p.name + "-" + version})
		}
	}
	return found
}

func (f *Finder) llvmVersions() (found []string) {
	for _, dir := range f.Tree.List(libDir) {
		if version, is := strings.CutPrefix(dir, llvm); is {
			found = append(found, version)
		}
	}
	return found
}

// describeClang returns what it has to be told.
func (f *Finder) describeClang() (variables []string, err error) {
	versions := f.llvmVersions()
	if len(versions) != 1 {
		return nil, errors.New("the tree has several versions, and there is one variable to tell them")
	}
	headers := path.Join(libDir, llvm+versions[0], "lib/clang")
	own := f.Tree.List(headers)
	target := f.llvmTarget(versions[0])
	if len(own) != 1 || target == "" {
		return nil, errors.New("its headers, or its target, are not where Debian has them")
	}
	return []string{strings.NewReplacer("%S", target, "%R", path.Join(headers, own[0])).Replace(told)}, nil
}

// llvmTarget is the machine that the library of a version works for; "" if it is not found.
func (f *Finder) llvmTarget(version string) string {
	for _, dir := range f.Tree.List(libDir) {
		for _, name := range f.Tree.List(path.Join(libDir, dir)) {
			if !strings.HasPrefix(name, "libLLVM-"+version+".so") && !strings.HasPrefix(name, "libLLVM.so."+version) {
				continue
			}
			if file, err := f.Tree.Read(path.Join(libDir, dir, name)); err == nil {
				defer file.Close()
				return systemOf(file)
			}
		}
	}
	return ""
}
