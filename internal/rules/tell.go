package rules

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/emulator"
	"github.com/xunshare/xunshare/internal/inside"
)

// rulesWith makes the rules for an emulator.
func (c *chooser) rulesWith(e *emulator.Emulator, flags string) ([]*binfmt.Rule, error) {
	if e.Kind != emulator.QEMU {
		c.others = append(c.others, e.Arch)
		interpreter, err := c.interpreterOf(e, nil)
		return e.Arch.Rules(interpreter, flags), err
	}
	usual, hard := c.sysroots.of(e.Arch, false), c.sysroots.of(e.Arch, true)
	interpreter, err := c.interpreterOf(e, usual)
	rules := e.Arch.Rules(interpreter, flags)
	if err != nil || hard == usual {
		return rules, err
	}
	interpreter, err = c.interpreterOf(e, hard)
	return append(rules, binfmt.HardFloatRule(interpreter, flags)), err
}

// interpreterOf is what stands in the rule of an architecture: the emulator, or a copy that has
// in it what the emulator is to be told. There is a copy, too, of an emulator that is a program
// of the very kind that it emulates: the rule does not match it, or it would be its own
// interpreter without end.
func (c *chooser) interpreterOf(e *emulator.Emulator, r *sysroot) (string, error) {
	known, err := c.natives(e)
	if err != nil {
		return "", err
	}
	quick := c.quickAuthentication(e)
	copied := emulator.Copy{Mark: e.Arch == binfmt.Host(), Env: slices.Concat(c.Foreign.Env, unseen(r.setting(), quick)), Native: known}
	if c.Native != nil {
		copied.Plugin = c.Native.Plugin
	}
	return c.copied(copied, e.Path, len(known) > 0 || quick != "")
}

// copied is the path of a copy that differs from the emulator at file, or that path itself if
// nothing does. It may be kept in the cache, or else the child inherits its descriptor.
func (c *chooser) copied(want emulator.Copy, file string, keep bool) (string, error) {
	want.Env = c.inserted(want.Env, file)
	if !want.Mark && len(want.Env)+len(want.Native) == 0 {
		return file, nil
	}
	if keep {
		if path, err := kept(want, file); err == nil {
			return path, nil
		}
	}
	fd, err := want.Of(file)
	if err != nil && !want.Mark { // vm.memfd_noexec=2 forbids it
		if len(want.Native) > 0 {
			c.notes.Add("all programs are emulated: %v", err)
		}
		c.leaveToEnvironment(want.Env, fmt.Sprintf("%s: %v", file, err))
		return file, nil
	}
	if err != nil {
		return "", fmt.Errorf("%s, which emulates programs of its own kind, has to be copied for that: %w", file, err)
	}
	return fmt.Sprint(ownDescriptors, fd), nil
}

// inserted are the variables that a copy of the emulator at file sets itself: all, or none.
func (c *chooser) inserted(env []emulator.Variable, file string) []emulator.Variable {
	if len(env) == 0 {
		return nil
	}
	why := cannotInsert(file)
	if why == nil {
		return env
	}
	c.leaveToEnvironment(env, fmt.Sprintf("%s: %v", file, why))
	return nil
}

// leaveToEnvironment is for an emulator that is told what it is told in the environment alone.
func (c *chooser) leaveToEnvironment(env []emulator.Variable, why string) {
	for _, v := range env {
		if dir, found := strings.CutPrefix(v.Text, prefixVariable+"="); found {
			c.prefixes = append(c.prefixes, dir)
		}
	}
	note := why + ", so its options are in the environment only, and are lost where a program clears it"
	if len(c.Foreign.Env)+len(c.Foreign.Sysroots) == 0 {
		c.notes.Detail("%s", note)
		return
	}
	c.notes.Add("%s", note)
}

func cannotInsert(file string) error {
	e := interpreterAt("", file)
	if e.Err != nil {
		return e.Err
	}
	return emulator.CanInsert(e.Image)
}

// ownDescriptors is what the interpreter of a rule begins with that a launch has made a copy for.
// It leads nowhere once the rule is written.
const ownDescriptors = "/proc/self/fd/"

// brief gives a rule that was not made here a copy of its emulator, if the emulator is to be told
// something. That takes flag F: without it the emulator is looked up anew each time, perhaps in
// another root.
func (c *chooser) brief(r *binfmt.Rule) (*binfmt.Rule, error) {
	env := c.Foreign.Env
	if told := c.sysroots.of(archOf(r), false); told != nil && isQEMU(r.Interpreter) {
		env = slices.Concat(env, told.variables())
	}
	if len(env) == 0 || strings.HasPrefix(r.Interpreter, ownDescriptors) {
		return r, nil
	}
	if !r.Has('F') || !path.IsAbs(r.Interpreter) {
		c.leaveToEnvironment(env, "rule "+r.Name+" has no flag F")
		return r, nil
	}
	interpreter, err := c.copied(emulator.Copy{Env: env}, r.Interpreter, false)
	told := rebuilt(r)
	told.Interpreter = interpreter
	return told, err
}

// briefKept is brief for a rule of the host, if that is for QEMU: the interpreters of others are
// no concern of this launch.
func (c *chooser) briefKept(r *binfmt.Rule) *binfmt.Rule {
	if len(c.Foreign.Env)+len(c.sysroots) == 0 || !r.Has('F') || !isQEMU(r.Interpreter) {
		return r
	}
	told, err := c.brief(r)
	if err != nil {
		c.notes.Detail("%s: %v", r.Name, err)
		return r
	}
	return told
}

// isQEMU tells whether a file of the host is QEMU.
func isQEMU(file string) bool {
	f, err := inside.Read("", file)
	if err != nil {
		return false
	}
	defer f.Close()
	_, found := emulator.ReadVersion(f)
	return found
}

// archOf is the architecture whose programs a rule matches; nil if it is another kind of rule.
func archOf(r *binfmt.Rule) *binfmt.Arch {
	for _, a := range binfmt.Arches() {
		if r.Type == 'M' && r.Matches(a.Sample(), "") {
			return a
		}
	}
	return nil
}

// again makes the rules anew that an outer launch has made a copy of the emulator for: that
// cannot be opened once more.
func (c *chooser) again(r *binfmt.Rule) ([]*binfmt.Rule, error) {
	a := archOf(r)
	if a == nil || a == binfmt.Host() {
		return nil, errors.New("its emulator is a copy that cannot be found again")
	}
	if c.sysroots.of(a, false) == nil {
		c.sysroots = append(c.sysroots, c.findSysroots(a, c.crossDirs())...)
	}
	return c.archRules([]*binfmt.Arch{a})
}
