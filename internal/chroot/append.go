package chroot

import (
	"cmp"
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/inside"
	"github.com/xunshare/xunshare/internal/verb"
)

const showAppended = "tell the tree who its new user is"

// appended decides how a file of the tree is shown with something added, which stays off the disk.
// Where only one id is mapped nobody inside is the one to change it, so it is read-only: to watch
// for that costs every unlink(2) and rename(2).
func (s *survey) appended(op Operation) (p Point, err error) {
	where, err := s.resolve(op.Target)
	if err != nil || len(where.missing) > 0 || where.dir || s.find(where.at) != 0 || !s.isText(where.at) {
		return Point{Skip: true}, nil
	}
	text, ok := s.text(where.at)
	if !ok {
		return Point{Skip: true}, nil
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += op.Data
	dir := path.Dir(where.at)
	if s.Ephemeral && s.UpperDir == "" && s.ours(dir, 0) {
		p, err = s.make(place{at: dir, missing: []string{path.Base(where.at)}, blocked: true}, false)
		p.File, p.Text = false, text
		return p, err
	}
	lend := s.Watched && s.Peopled && s.mounts[0].kind == onDisk
	return Point{Path: where.at, Lent: &Lent{Path: where.at, reason: showAppended, fixed: !lend, added: op.Data, text: text,
		root: s.Root, target: where.at}}, nil
}

// text is that of a file of the tree; not ok if it is large, or the caller may not read it.
func (s *survey) text(at string) (text string, ok bool) {
	b, err := inside.Text(cmp.Or(s.Seen, s.Root), at, bigLent/2)
	return string(b), err == nil
}

// append shows the file.
func (p *Point) append(f Facts) []verb.Step {
	if p.Lent != nil {
		return p.Lent.show(f)
	}
	return []verb.Step{{Call: verb.CreateFile{Path: p.Path, Text: p.Text, Mode: 0o644}, Reason: showAppended}}
}
