package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/cmdline"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/idmap"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/subid"
	"github.com/xunshare/xunshare/internal/verb"
)

// overlay makes one of directories in a new tmpfs, as --ephemeral does.
func (p *patient) overlay() Finding {
	if p.mounts != "" {
		return needs(p.mounts)
	}
	t, err := inside(ns.Mount)
	if err != nil {
		return bad(Limited, err)
	}
	t.steps = append(t.steps, t.ns.Spread(false)...)
	t.then("mount a tmpfs", aTmpfs, verb.Chdir{Path: aTmpfs.Target})
	for _, dir := range [...]string{"lower", "upper", "work"} {
		t.then("make a layer", verb.MakeDir{Path: dir, Mode: 0o755})
	}
	t.then("mount an overlay", verb.NewMount{Type: "overlay", As: "overlay", Options: []string{"lowerdir=lower", "upperdir=upper", "workdir=work"}})
	return t.tried(Limited, "can be mounted, for --ephemeral")
}

// setID asks whether programs can gain privileges by being executed, such as su(1) in a tree.
func (p *patient) setID() Finding {
	if set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && set == 1 {
		return Finding{Result: Limited, Remedy: []string{subid.OutsideNoNewPrivs},
			Detail: "programs started here get no new privileges (no_new_privs): set-id programs have no effect"}
	}
	return ok("set-id programs have their effect, where a root is not on a mount with nosuid")
}

// config opens the directory of option files.
func (p *patient) config() Finding {
	dir := cmdline.ConfigDir()
	base := environ.Get("XDG_CONFIG_HOME")
	if base != "" && !filepath.IsAbs(base) {
		return Finding{Result: Limited, Detail: "XDG_CONFIG_HOME=" + base + " is not a whole path, so " + dir + " is used",
			Remedy: []string{"set it to a whole path: export XDG_CONFIG_HOME=\"$HOME/.config\""}}
	}
	_, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ok("%s is not there; --into=NAME would read NAME.conf in it", dir)
	case errors.Is(err, fs.ErrPermission):
		return bad(Limited, err, "--into=NAME reads NAME.conf in it: chmod u+rwx "+dir+", and for its parents: namei -l "+dir)
	case err != nil:
		return bad(Limited, err)
	}
	return ok("%s has the option files of --into=NAME", dir)
}

func count(ranges []idmap.Range) (n uint64) {
	for _, r := range ranges {
		n += uint64(r.Count)
	}
	return n
}
