package native

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/cache"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/notes"
	"github.com/xunshare/xunshare/internal/remedy"
)

// A Choice is what runs natively, and where that is.
type Choice struct {
	Tools []Tool
	Known []emulator.Native // for the emulator
	Dir   string            // of the host: what the target sees in Folder. "": Fill makes it

	Descriptor int    // that the target has Dir open by; 0 if it sees it in Folder
	Plugin     string // where native linkers find GCC's plugin

	finder *Finder
}

// Choose finds the tools and prepares those that run natively. An error is about what was named.
func (f *Finder) Choose(r *Request, told *notes.Notes) (*Choice, error) {
	c := &Choice{Tools: f.remember(r), Descriptor: f.Descriptor, Plugin: path.Join(f.folder(), pluginName), finder: f}
	if c.Any() {
		c.prepare(told)
	}
	if err := c.tell(told); err != nil {
		return nil, err
	}
	c.Known = known(c.Tools, f.folder())
	return c, nil
}

// tell says what is emulated. What was named has to run natively.
func (c *Choice) tell(told *notes.Notes) error {
	differ := ""
	if !c.Any() { // or they do not
		differ = c.finder.releasesDiffer()
	}
	for _, t := range c.Tools {
		switch {
		case t.Host != "":
		case t.Named && differ != "" && t.Why == differ:
			return remedy.New("--native: "+t.Name+" cannot run natively: "+differ, twinHint)
		case t.Named:
			return remedy.Wrap(fmt.Errorf("--native: %s cannot run natively: %s", t.Name, t.Why), t.hints()...)
		case t.Guest != "":
			told.Detail("%s is emulated: %s", t.Name, t.Why)
		}
	}
	switch {
	case differ != "":
		told.Add("--native: all programs are emulated: %s; %s", differ, twinHint)
	case !c.Any():
		told.Add("--native: all programs are emulated; --list-native tells why")
	}
	return nil
}

// twinHint is what to do about another release.
const twinHint = "--native-root takes programs from a system for this machine, of the tree's release, which examples/debian-tree makes"

// An entry in the cache has these directories. Its form changes with what fill makes.
const (
	form  = "tools 4"
	shown = "files"
)

// prepare finds in the cache what the target will see, or makes it there.
func (c *Choice) prepare(told *notes.Notes) {
	parts := []string{form, c.finder.HostRoot, c.finder.folder()}
	for _, t := range c.Tools {
		parts = append(parts, t.Host)
		if t.Name == perl { // which has files of the tree
			parts = append(parts, c.finder.root())
		}
	}
	e, err := cache.Open(cache.Key(parts...), c.make)
	if err != nil {
		told.Add("what runs natively is made in memory, anew each time, because the cache cannot be used: %v", err)
		return
	}
	c.Dir = path.Join(e.Dir, shown)
	for line := range strings.Lines(e.Text) {
		number, why, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if i, err := strconv.Atoi(number); err == nil && i < len(c.Tools) {
			c.Tools[i].drop(why)
		}
	}
}

// make makes an entry of the cache. Its text has a line for each tool that turned out to be no good.
func (c *Choice) make(dir string, from *cache.Sources) (text string, err error) {
	for _, name := range [...]string{shown, chroot.Empty} {
		if err = mkdirForAll(path.Join(dir, name)); err != nil {
			return "", err
		}
	}
	err = c.finder.fill(path.Join(dir, shown), c.Tools, from)
	for i, t := range c.Tools {
		if t.Dropped {
			text += fmt.Sprintf("%d %s\n", i, t.Why)
		}
	}
	return text, err
}

// Describe adds to an environment what native programs have to be told of the tree's machine. A
// target that enters trees by itself is told nothing: it is of this machine, and so are others
// that it starts.
func (c *Choice) Describe(env []string) []string {
	if c.Descriptor != 0 {
		return env
	}
	for _, t := range c.Tools {
		for _, v := range t.Machine {
			name, value, _ := strings.Cut(v, "=")
			env = environ.WithDefault(env, name, value)
		}
	}
	return env
}

// List is Find for somebody who wants to know: it tries what Choose prepares.
func (f *Finder) List(r *Request) []Tool {
	tools := f.Find(r)
	c := f.copier("", new(cache.Sources))
	for i := range tools {
		if t := &tools[i]; t.Host != "" {
			if _, err := c.adapt(t); err != nil {
				t.drop(fmt.Sprintf("%s: %v", t.Host, err))
			}
		}
	}
	return tools
}

// Says is how a tool runs, in words.
func (t *Tool) Says() string {
	switch {
	case t.Host != "":
		return "natively, " + t.Host
	case t.Guest == "":
		return "not: " + t.Why
	case t.Hint != "":
		return "emulated: " + t.Why + "; " + t.Hint
	}
	return "emulated: " + t.Why
}

// Any tells whether anything runs natively. The receiver may be nil.
func (c *Choice) Any() bool {
	if c == nil {
		return false
	}
	for _, t := range c.Tools {
		if t.Host != "" {
			return true
		}
	}
	return false
}

func (t *Tool) hints() []string {
	if t.Hint == "" {
		return nil
	}
	return []string{t.Hint}
}

// Fill makes what the target sees, in a directory that is empty.
func (c *Choice) Fill(dir string) error {
	return c.finder.fill(dir, c.Tools, new(cache.Sources))
}
