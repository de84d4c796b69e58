package chroot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// build makes a tree: "dir/", "file", "link -> text".
func build(t *testing.T, entries ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, e := range entries {
		name, text, isLink := strings.Cut(e, " -> ")
		at := filepath.Join(root, name)
		os.MkdirAll(filepath.Dir(at), 0o755)
		var err error
		switch {
		case isLink:
			err = os.Symlink(text, at)
		case strings.HasSuffix(e, "/"):
			err = os.MkdirAll(at, 0o755)
		default:
			err = os.WriteFile(at, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func worldOf(t *testing.T, root string) *world {
	t.Helper()
	fd, err := openPath(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return &world{mounts: []mounted{{at: "/", fd: fd}}}
}

// Where names lead, as a kernel would go that has the tree for its root.
func TestResolve(t *testing.T) {
	w := worldOf(t, build(t, "a/b/c/", "a/file", "up -> ../../..", "abs -> /a/b", "out -> ../../../../etc/passwd", "loop -> loop",
		"x -> y", "y -> x", "dangling -> a/no/where", "a/rel -> b/../file", "a/away -> ../nosuch/../a", "empty/"))
	for _, c := range []struct{ name, at, missing, kind string }{
		{"/", "/", "", "dir"},
		{"/a/b", "/a/b", "", "dir"},
		{"/a//b/./c/", "/a/b/c", "", "dir"},
		{"/../../a/../a/b", "/a/b", "", "dir"},
		{"/up/up/a", "/a", "", "dir"},
		{"/abs/c", "/a/b/c", "", "dir"},
		{"/a/file", "/a/file", "", "file"},
		{"/a/rel", "/a/file", "", "file"},
		{"/out", "/", "etc/passwd", "dir"},
		{"/nosuch/x//y/.", "/", "nosuch/x/y", "dir"},
		{"/dangling", "/a", "no/where", "dir"},
		{"/dangling/more", "/a", "no/where/more", "dir"},
		{"/loop", "/", "loop", "blocked"},
		{"/loop/x", "/", "loop/x", "blocked"},
		{"/x/z", "/", "x/z", "blocked"},
		{"/a/file/x", "/a", "file/x", "blocked"},
		{"/a/away/b", "/a", "away/b", "blocked"},
		{"/nosuch/..", "", "", "no such file or directory"},
		{"/a/file/..", "", "", "no such file or directory"},
		{"/" + strings.Repeat("n", 256), "", "", "file name too long"},
	} {
		p, err := w.resolve(c.name)
		kind := "file"
		switch {
		case err != nil:
			kind = err.Error()
		case p.blocked:
			kind = "blocked"
		case p.dir:
			kind = "dir"
		}
		if p.at != c.at || strings.Join(p.missing, "/") != c.missing || kind != c.kind {
			t.Errorf("%s is %+v, %s; want %s, %s, %s", c.name, p, kind, c.at, c.missing, c.kind)
		}
	}
}

// The survey in words: where each operation goes and what is made for it.
func TestSurvey(t *testing.T) {
	src := build(t, "dir/", "file")
	for _, c := range []struct {
		name, tree string
		ops        []Operation
		ephemeral  bool
		want       string // "path layer=PATH[entries] rm=PATH dirs file", one for each operation; then the cover and what is sealed
	}{
		{"there", "mnt/", []Operation{{Target: "/mnt"}}, false, "/mnt; seal"},
		{"missing in the root", "bin/ f", []Operation{{Target: "/x/y"}}, false, "/x/y +/x +/x/y; cover[bin f] seal /"},
		{"missing deeper", "a/b/ a/f", []Operation{{Target: "/a/x"}}, false, "/a/x layer=/a[b f] +/a/x; seal /a"},
		{"a file", "a/", []Operation{{Source: "file", Target: "/a/x/y"}}, false, "/a/x/y layer=/a[] +/a/x file; seal /a"},
		{"two in one layer", "a/f", []Operation{{Target: "/a/x"}, {Target: "/a/y"}}, false, "/a/x layer=/a[f] +/a/x|/a/y +/a/y; seal /a"},
		{"in what was made", "a/f", []Operation{{Target: "/a/x"}, {Kind: Tmpfs, Target: "/a/y/z"}, {Kind: Tmpfs, Target: "/a/y/w"}}, false,
			"/a/x layer=/a[f] +/a/x|/a/y/z +/a/y +/a/y/z|/a/y/w +/a/y/w; seal /a"},
		{"in a tmpfs", "t/", []Operation{{Kind: Tmpfs, Target: "/t"}, {Target: "/t/a/b"}}, false, "/t|/t/a/b +/t/a +/t/a/b; seal"},
		{"in a bind", "t/", []Operation{{Target: "/t"}, {Target: "/t/x"}}, false, "/t|/t/x layer=/t[dir file] +/t/x; seal /t"},
		{"covered later", "t/f", []Operation{{Target: "/t/x"}, {Target: "/t"}}, false, "/t/x layer=/t[f] +/t/x|/t; seal"},
		{"run is not sealed", "run/x", []Operation{{Target: "/run/y"}}, false, "/run/y layer=/run[x] +/run/y; seal"},
		{"in the way", "a/file a/g", []Operation{{Target: "/a/file"}}, false, "/a/file layer=/a[g] +/a/file; seal /a"},
		{"in the way later", "a/f a/g", []Operation{{Target: "/a/x"}, {Target: "/a/f"}}, false, "/a/x layer=/a[g] +/a/x|/a/f +/a/f; seal /a"},
		{"ephemeral", "a/", []Operation{{Target: "/a/x/y"}}, true, "/a/x/y +/a/x +/a/x/y; seal"},
		{"ephemeral, in the way", "f", []Operation{{Target: "/f/y"}}, true, "/f/y rm=/f +/f +/f/y; seal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Root: build(t, strings.Fields(c.tree)...), Operations: c.ops, Ephemeral: c.ephemeral}
			for i := range o.Operations {
				if op := &o.Operations[i]; op.Kind == Bind {
					op.Source = filepath.Join(src, op.Source)
				}
			}
			var f Facts
			if err := o.Survey(&f); err != nil {
				t.Fatal(err)
			}
			if got := inWords(f); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func inWords(f Facts) string {
	var points []string
	for _, p := range f.Points {
		words := []string{p.Path}
		if p.Layer != nil {
			words = append(words, "layer="+p.Layer.Path+names(p.Layer))
		}
		if p.Remove != "" {
			words = append(words, "rm="+p.Remove)
		}
		for _, dir := range p.Dirs {
			words = append(words, "+"+dir)
		}
		if p.File {
			words = append(words, "file")
		}
		points = append(points, strings.Join(words, " "))
	}
	rest := "seal"
	if f.Cover != nil {
		rest = "cover" + names(f.Cover) + " seal"
	}
	return strings.Join(points, "|") + "; " + strings.Join(append([]string{rest}, f.Sealed...), " ")
}

func names(l *LayerFact) string {
	var list []string
	for _, e := range l.Entries {
		list = append(list, e.Name)
	}
	return "[" + strings.Join(list, " ") + "]"
}

// A survey leaves no descriptor: an init would keep it, and the target could get at the host
// through it.
func TestSurveyClosesAll(t *testing.T) {
	before, _ := os.ReadDir("/proc/self/fd")
	o := Options{Root: build(t, "a/", "f"), ProcDir: "/proc", Proc: NewProc,
		Operations: []Operation{{Kind: Devices}, {Kind: System}, {Kind: Resolver}, {Kind: Bind, Source: "/etc", Target: "/f/g"}}}
	if err := o.Survey(new(Facts)); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadDir("/proc/self/fd"); len(after) != len(before) {
		t.Errorf("%v before, %v after", before, after)
	}
	o.Operations = []Operation{{Kind: Bind, Source: "/nosuch", Target: "/x"}}
	if err := o.Survey(new(Facts)); err == nil || errors.Is(err, unix.EBADF) {
		t.Error(err)
	}
}

// A new proc that the kernel refuses gives way to the one that is there, and that does not stay
// within reach.
func TestAnyProc(t *testing.T) {
	o := Options{Root: "/tree", Pivot: true, Proc: AnyProc, ProcDir: "/proc"}
	var got []string
	for _, s := range slices.Concat(o.Enter(Facts{}), o.MountProc(Facts{})) {
		got = append(got, s.Call.String())
	}
	want := []string{`proc = open_tree("/proc", OPEN_TREE_CLONE|AT_RECURSIVE)`,
		`mount("/tree", "/tree", NULL, MS_BIND|MS_REC, NULL)`, `chdir("/tree")`, turn(Facts{}, 0)[0].Call.String(),
		`mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL) or move_mount(proc, "/proc"), write(2, ` + fmt.Sprint(len(notNew)) + ` bytes)`, `close(proc)`}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
