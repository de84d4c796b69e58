package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/remedy"
	"github.com/xunshare/xunshare/internal/rulefile"
)

// writtenRules are those that were written out.
func (c *chooser) writtenRules() (rules []*binfmt.Rule, err error) {
	for _, r := range c.Rules {
		if err := c.judge(r); err != nil {
			return nil, err
		}
		if r, err = c.brief(r); err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// fileRules gives rules from files flag F where the emulator can be opened now and needs nothing
// from the root.
func (c *chooser) fileRules() ([]*binfmt.Rule, error) {
	found, err := c.sources()
	if err != nil {
		return nil, err
	}
	var rules []*binfmt.Rule
	for _, r := range found {
		if with := withF(r); with != nil {
			c.notes.Detail("rule %s: flag F added, since its emulator needs nothing but itself", r.Name)
			r = with
		}
		if err := c.judge(r); err != nil {
			return nil, err
		}
		r, err := c.brief(r)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// sources reads the rules that files have, or that the system knows by name.
func (c *chooser) sources() (all []*binfmt.Rule, err error) {
	for _, source := range c.Foreign.Sources {
		var found []*binfmt.Rule
		if file, isFile := strings.CutPrefix(source.Word, "@"); isFile {
			found, err = rulefile.ReadFile(file)
		} else {
			found, err = rulefile.System{}.Find(source.Word)
			err = remedy.Wrap(err, "a rule itself is written :name:type:offset:magic:mask:interpreter:flags")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.Option, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// withF is the rule with flag F; nil if it has that, or if it would not work so.
func withF(r *binfmt.Rule) *binfmt.Rule {
	if r.Has('F') || !path.IsAbs(r.Interpreter) {
		return nil
	}
	with := rebuilt(r)
	with.Flags += "F"
	e := interpreterAt("", r.Interpreter)
	if !e.Image.Static() || e.Check(with, binfmt.Host(), nil, nil) != nil {
		return nil
	}
	return with
}

// rebuilt is a copy that may be altered: a rule that was parsed keeps its text.
func rebuilt(r *binfmt.Rule) *binfmt.Rule {
	return &binfmt.Rule{Name: r.Name, Type: r.Type, Offset: r.Offset, Magic: r.Magic, Mask: r.Mask,
		Extension: r.Extension, Interpreter: r.Interpreter, Flags: r.Flags}
}
