package main

import (
	"bufio"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/remedy"
)

// detect finds out which architectures --arch=auto means: that of the program, and in a root that of its tree too, for a
// program of the host in there may start others. files are what the program's name may stand for.
func (o *Options) detect(files []string) ([]*binfmt.Arch, error) {
	var found []*binfmt.Arch
	for _, file := range files {
		h := o.header(file)
		if h == nil {
			continue
		}
		a := h.Arch()
		if a == nil {
			return nil, fmt.Errorf("%s: is a program for a machine that xunshare does not know (ELF machine %d)", file, h.Machine)
		}
		found = append(found, a)
		break
	}
	if o.Root == "" || len(found) > 0 && !found[0].RunsHere() {
		return found, nil
	}
	tree := o.treeArch()
	switch {
	case tree != nil && !slices.Contains(found, tree):
		found = append(found, tree)
	case len(found) == 0:
		return nil, remedy.New(fmt.Sprintf("--arch=auto: nothing in %s tells its architecture", o.Root), "if it is a tree of programs name it: --arch=arm64")
	}
	return found, nil
}

// header reads the ELF header of a program or, of a script, that of the program which runs it. Nil if there is none.
func (o *Options) header(file string) *binfmt.Header {
	image := o.inspect(file)
	for depth := 0; image != nil && image.Kind == binfmt.KindScript && depth < maxScripts; depth++ {
		image = o.inspect(image.Interpreter)
	}
	if image == nil {
		return nil
	}
	return image.ELF
}

// treeArch finds out what a tree is for by what is at the usual places: shells, loaders, and what package managers say.
func (o *Options) treeArch() *binfmt.Arch {
	for _, file := range []string{"/bin/sh", "/usr/bin/sh", "/bin/bash", "/bin/busybox", "/usr/bin/env", "/sbin/init", "/usr/lib/systemd/systemd"} {
		if h := o.header(file); h != nil && h.Arch() != nil {
			return h.Arch()
		}
	}
	for _, dir := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64"} {
		if a := o.loaderArch(dir); a != nil {
			return a
		}
	}
	for _, hint := range []struct{ file, key string }{
		{"/usr/lib/os-release", "ARCHITECTURE="}, // systemd's spelling, os-release(5)
		{"/etc/os-release", "ARCHITECTURE="},
		{"/etc/apk/arch", ""},
		{"/var/lib/dpkg/arch", ""},
	} {
		if a := binfmt.FindArch(o.word(hint.file, hint.key)); a != nil {
			return a
		}
	}
	return nil
}

// loaderArch looks at the dynamic loaders in a directory: ld-linux-aarch64.so.1, ld-musl-armhf.so.1, ld.so.1.
func (o *Options) loaderArch(dir string) *binfmt.Arch {
	for _, name := range chroot.List(o.seen(), dir) {
		if !strings.HasPrefix(name, "ld") || !strings.Contains(name, ".so") {
			continue
		}
		if h := o.header(path.Join(dir, name)); h != nil && h.Arch() != nil {
			return h.Arch()
		}
	}
	return nil
}

// word is what stands behind key in the first line of a file that begins with it; "" if there is none.
func (o *Options) word(file, key string) string {
	f, err := o.openToRead(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), key); ok {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
