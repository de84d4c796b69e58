package native

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/xunshare/xunshare/internal/inside"
)

// releasesDiffer says why the host's programs would not give what the tree's do; "" if both are of
// one release of one system. A host program reads the tree's locales and is expected to know the
// options that the tree's knows.
func (f *Finder) releasesDiffer() string {
	tree := release(f.Tree)
	host := release(&inside.Root{Root: f.HostRoot, Dir: func() string { return "/" }})
	if tree == host {
		return ""
	}
	whose := "this machine is"
	if f.HostRoot != "" {
		whose = f.HostRoot + " is"
	}
	return fmt.Sprintf("the tree is %s, and %s %s", orUnknown(tree), whose, orUnknown(host))
}

func orUnknown(release string) string {
	if release == "" {
		return "of an unknown release"
	}
	return release
}

// release is what os-release(5) says that a system is. Debian gives what is not released yet a code
// name and no number.
func release(in *inside.Root) string {
	for _, file := range [...]string{"/etc/os-release", "/usr/lib/os-release"} {
		f, err := in.Read(file)
		if err != nil {
			continue
		}
		defer f.Close()
		text, _ := io.ReadAll(io.LimitReader(f, 64<<10))
		values := inside.ParseRelease(string(text))
		return strings.TrimSpace(values["ID"] + " " + cmp.Or(values["VERSION_ID"], values["VERSION_CODENAME"]))
	}
	return ""
}
