package launch

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Own gives a file, not what a symbolic link leads to, to a user and to a group, as far as they are mapped and the process may,
// and then its mode, which a change of owner takes the set-id bits from (chown(2)).
type Own struct {
	Path              string
	User, Group, Mode uint32
}

func (o Own) String() string {
	return fmt.Sprintf("lchown(%s, %d, %d), chmod(%#o)", quote(o.Path), o.User, o.Group, o.Mode)
}

func (Own) needs() need { return nothing }

func (o Own) lower(p *program) {
	const same = ^uint32(0)
	path := p.str(o.Path)
	for _, ids := range [...][2]uint32{{o.User, same}, {same, o.Group}} {
		p.attempt("fchownat", unix.SYS_FCHOWNAT, cwd(), path, num(ids[0]), num(ids[1]), num(unix.AT_SYMLINK_NOFOLLOW))
	}
	if o.Mode&unix.S_IFMT != unix.S_IFLNK {
		p.attempt("fchmodat", unix.SYS_FCHMODAT, cwd(), path, num(o.Mode&0o7777))
	}
}
