package main

import (
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/rules"
)

// onNoExec names the mount that keeps a file, or what loads or interprets it, from being executed;
// nil if none does.
func (x *failedExec) onNoExec(file string) error {
	files := []string{file}
	if image := rules.Inspect(&x.o.in, file); image != nil {
		files = append(files, image.Interpreter)
		if image.ELF != nil {
			files = append(files, image.ELF.Interp)
		}
	}
	for _, needed := range files {
		if needed == "" {
			continue
		}
		root, at := x.o.behind(x.o.in.Path(needed))
		if mount, found := inside.NoExec(root, at); found {
			return x.noExec(file, needed, mount, root == "")
		}
	}
	return nil
}

func (x *failedExec) noExec(file, needed, mount string, host bool) error {
	needs := ""
	if needed != file {
		needs = " needs " + needed + ", which"
	}
	hints := []string{"allow it: sudo mount -o remount,exec " + mount + "; or copy it to another file system"}
	if !host {
		hints = append(hints, "or add --ephemeral: its layer over the tree is not mounted noexec; --ephemeral=DIR keeps the changes")
	}
	return remedy.Wrap(x.say("%s:%s is on %s, which is mounted noexec, so nothing there can be executed", file, needs, mount), hints...)
}

// behind is what a path inside the root stands for, a root and a path in it: that of the host,
// where it is bound.
func (o *resolved) behind(file string) (root, at string) {
	root, at = o.in.Root, file
	for _, op := range o.Operations {
		target := path.Clean("/" + op.Target)
		if rest, ok := strings.CutPrefix(file, target); ok && op.Kind == chroot.Bind && (rest == "" || rest[0] == '/') {
			root, at = "", op.Source+rest
		}
	}
	return root, at
}
