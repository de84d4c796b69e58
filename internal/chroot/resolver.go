package chroot

import (
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/mountlist"
	"github.com/xunshare/xunshare/internal/verb"
)

const (
	resolvConf     = "/etc/resolv.conf"
	showResolver   = "give the target the host's name servers"
	bigResolver    = 1 << 16
	resolverLeft   = "the tree's " + resolvConf + " is left alone, "
	noResolverHere = resolverLeft + "and the host's name servers are not shown: "
)

// resolver decides how the host's name servers are shown. A directory of a tree that can be written
// to is never covered for them, because package managers rename files there; and the name
// /etc/resolv.conf can be removed and replaced, because some packages do that.
// docs/decisions/0010-name-servers-are-lent.md has the reasons.
func (s *survey) resolver() (Point, error) {
	text, ok := hostResolver()
	if !ok {
		return s.skipResolver("the host has no " + resolvConf)
	}
	where, err := s.resolve(resolvConf)
	etc, err2 := s.resolve("/etc")
	if err != nil || err2 != nil || len(etc.missing) > 0 || !etc.dir {
		return s.skipResolver("the tree has no /etc for a resolv.conf")
	}
	mount := s.find(where.at)
	kind := s.mounts[mount].kind
	if why := s.noResolver(where, kind); why != "" {
		return s.leaveResolver(noResolverHere + why)
	}
	own := s.ours(etc.at, s.find(etc.at))
	switch {
	case where.blocked && !own:
		return s.leaveResolver(noResolverHere + "it is a symbolic link that leads nowhere")
	case len(where.missing) > 0 && where.at == etc.at && !own:
		return s.skipResolver("the tree's /etc has no resolv.conf: to have the host's there, make an empty one")
	case kind == writable:
		return s.copyResolver(where, text)
	case s.ReadOnly || mount != 0:
		return s.bindResolver()
	case len(where.missing) == 0:
		return s.lendResolver(where.at, where.at, text)
	case mountlist.IsUnder(where.path(), "/run") && where.at != "/":
		return s.copyResolver(where, text)
	}
	return s.lendResolver(path.Join(etc.at, path.Base(resolvConf)), where.path(), text)
}

// noResolver says what the tree's own leads to that is left alone; "" if it is a file, or nothing.
func (s *survey) noResolver(where place, kind mountedKind) string {
	there := len(where.missing) == 0
	switch {
	case where.dir && there:
		return "it is a directory"
	case kind == ofKernel || mountlist.IsUnder(where.path(), procDir):
		own := "/proc/" + strconv.Itoa(os.Getpid()) // where /proc/net leads as long as this process looks
		return "it leads to " + strings.Replace(where.path(), own, "/proc/self", 1) + ", which is the kernel's"
	case there && !s.isText(where.at):
		return "it leads to " + where.at + ", which is not a file"
	}
	return ""
}

// hostResolver is the text of the host's resolv.conf.
func hostResolver() (text string, ok bool) {
	f, err := os.Open(resolvConf)
	if err != nil {
		return "", false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, bigResolver))
	return string(b), err == nil
}

func (s *survey) skipResolver(why string) (Point, error) {
	s.Told.Detail("%s", why)
	return Point{Skip: true}, nil
}

// leaveResolver is skipResolver for what the user would wonder about.
func (s *survey) leaveResolver(why string) (Point, error) {
	s.Told.Add("%s", why)
	return Point{Skip: true}, nil
}

// isText tells whether there is a regular file of the tree's, not one that is made to mount
// something on.
func (s *survey) isText(at string) bool {
	for _, m := range s.made {
		if m.path == at && m.mount == s.find(at) {
			return false
		}
	}
	fileType, err := s.lstat(at)
	return err == nil && fileType == unix.S_IFREG && !mountlist.IsUnder(at, devDir)
}

// bindResolver shows the host's own file, which nobody can remove: in a tree that cannot be written
// to anyhow.
func (s *survey) bindResolver() (Point, error) { return s.bind(resolvConf, resolvConf, fixed) }

// copyResolver has a copy made where nothing of it stays on the disk.
func (s *survey) copyResolver(where place, text string) (p Point, err error) {
	if len(where.missing) == 0 {
		where = place{at: path.Dir(where.at), missing: []string{path.Base(where.at)}, blocked: true}
	}
	kept, fits := s.inUpper(where)
	if !fits {
		return s.leaveResolver(resolverLeft + "as it was changed in " + s.UpperDir)
	}
	if s.mounts[s.find(where.at)].kind == writable && !s.ours(where.at, s.find(where.at)) && !s.isMade(where.at, s.find(where.at)) {
		return s.bindResolver()
	}
	p, err = s.make(where, false)
	p.File, p.Text = false, text
	if kept && p.Remove != p.Path {
		p.Old = p.Path
	}
	return p, err
}

// inUpper tells whether the layer that is kept has a file at a place, and fits: it has nothing on
// the way but directories.
func (s *survey) inUpper(where place) (there, fits bool) {
	if s.UpperDir == "" || s.find(where.at) != 0 {
		return false, true
	}
	upper, at := absolute(s.UpperDir)+"/upper", where.path()
	for dir := path.Dir(at); dir != "/"; dir = path.Dir(dir) {
		if info, err := os.Lstat(upper + dir); err == nil && !info.IsDir() {
			return false, false
		}
	}
	info, err := os.Lstat(upper + at)
	return err == nil, err != nil || info.Mode().IsRegular()
}

// lendResolver has a copy shown over a file or link of the tree; what is written to it goes to
// target.
func (s *survey) lendResolver(over, target, text string) (_ Point, err error) {
	if over == target { // or else it is a link, perhaps out of the tree
		if there, ok := s.text(over); ok && there == text {
			return Point{Skip: true}, nil
		}
	}
	switch {
	case s.Watched:
		return Point{Path: over, Lent: &Lent{Path: over, reason: showResolver, text: text, root: s.Root, target: target}}, nil
	case over == target:
		return s.bindResolver()
	}
	p := Point{Path: over, Source: absolute(resolvConf)}
	if s.facts.OldKernel {
		p.Mounts, err = mountlist.Of(p.Source)
	}
	return p, err
}

// showResolver makes or mounts what resolver has decided on.
func (o *Options) showResolver(p Point, f Facts) []verb.Step {
	switch {
	case p.Lent != nil:
		return p.Lent.show(f)
	case p.Source == "":
		var steps []verb.Step
		if p.Old != "" {
			steps = append(steps, verb.Step{Call: verb.Unlink{Path: p.Old}, Reason: showResolver})
		}
		return append(steps, verb.Step{Call: verb.CreateFile{Path: p.Path, Text: p.Text, Mode: 0o644}, Reason: showResolver})
	}
	return p.bind(true, f, showResolver)
}
