package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/emulator"
)

// setEmulatorEnv sets a variable for the emulator: in the environment of the program, and in
// every emulator that the launch starts, whatever environment that gets.
func setEmulatorEnv(o *Options, v string) error {
	if err := setEnv(o, v); err != nil {
		return err
	}
	name, _, _ := strings.Cut(v, "=")
	same := func(other emulator.Variable) bool { return strings.HasPrefix(other.Text, name+"=") }
	o.Foreign.Env = append(slices.DeleteFunc(o.Foreign.Env, same), emulator.Variable{Text: v})
	return nil
}

// rulesWith makes the rules for an emulator.
func (o *Options) rulesWith(e *emulator.Emulator, flags string, f *ruleFacts) ([]*binfmt.Rule, error) {
	if e.Kind != emulator.QEMU {
		f.Others = append(f.Others, e.Arch)
		interpreter, err := o.interpreterOf(e, nil, f)
		return e.Arch.Rules(interpreter, flags), err
	}
	usual, hard := f.Sysroots.of(e.Arch, false), f.Sysroots.of(e.Arch, true)
	interpreter, err := o.interpreterOf(e, usual, f)
	rules := e.Arch.Rules(interpreter, flags)
	if err != nil || hard == usual {
		return rules, err
	}
	interpreter, err = o.interpreterOf(e, hard, f)
	return append(rules, binfmt.HardFloatRule(interpreter, flags)), err
}

// interpreterOf is what stands in the rule of an architecture: the emulator, or a copy that has
// in it what the emulator is to be told. There is a copy, too, of an emulator that is a program
// of the very kind that it emulates: the rule does not match it, or it would be its own
// interpreter without end.
func (o *Options) interpreterOf(e *emulator.Emulator, r *sysroot, f *ruleFacts) (string, error) {
	c := emulator.Copy{Mark: e.Arch == binfmt.Host(), Env: slices.Concat(o.Foreign.Env, r.variables())}
	return o.copied(c, e.Path, f)
}

// copied is the path of a copy that differs from the emulator at file, or that path itself if
// nothing does. The child inherits the descriptor.
func (o *Options) copied(c emulator.Copy, file string, f *ruleFacts) (string, error) {
	if len(c.Env) > 0 {
		if why := cannotInsert(file); why != nil {
			o.leaveToEnvironment(c.Env, fmt.Sprintf("%s: %v", file, why), f)
			c.Env = nil
		}
	}
	if !c.Mark && len(c.Env) == 0 {
		return file, nil
	}
	fd, err := c.Of(file)
	if err != nil && !c.Mark {
		o.leaveToEnvironment(c.Env, fmt.Sprintf("%s: %v", file, err), f)
		return file, nil
	}
	if err != nil {
		return "", fmt.Errorf("%s, which emulates programs of its own kind, has to be copied for that: %w", file, err)
	}
	return fmt.Sprint(ownDescriptors, fd), nil
}

// leaveToEnvironment is for an emulator that is told what it is told in the environment alone.
func (o *Options) leaveToEnvironment(env []emulator.Variable, why string, f *ruleFacts) {
	for _, v := range env {
		if dir, found := strings.CutPrefix(v.Text, prefixVariable+"="); found {
			f.Prefixes = append(f.Prefixes, dir)
		}
	}
	note := why + ", so what it is told is in the environment alone, and lost where a program clears that"
	if len(o.Foreign.Env)+len(o.Foreign.Sysroots) == 0 {
		f.note("%s", note)
		return
	}
	o.note(note)
}

func cannotInsert(file string) error {
	e := lookAt("", file)
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
func (o *Options) brief(r *binfmt.Rule, f *ruleFacts) (*binfmt.Rule, error) {
	env := o.Foreign.Env
	if told := f.Sysroots.of(archOf(r), false); told != nil && isQEMU(r.Interpreter) {
		env = slices.Concat(env, told.variables())
	}
	if len(env) == 0 || strings.HasPrefix(r.Interpreter, ownDescriptors) {
		return r, nil
	}
	if !r.Has('F') || !path.IsAbs(r.Interpreter) {
		o.leaveToEnvironment(env, "rule "+r.Name+" has no flag F", f)
		return r, nil
	}
	interpreter, err := o.copied(emulator.Copy{Env: env}, r.Interpreter, f)
	told := rebuilt(r)
	told.Interpreter = interpreter
	return told, err
}

// briefKept is brief for a rule of the host, if that is for QEMU: the interpreters of others are
// no concern of this launch.
func (o *Options) briefKept(r *binfmt.Rule, f *ruleFacts) *binfmt.Rule {
	if len(o.Foreign.Env)+len(f.Sysroots) == 0 || !r.Has('F') || !isQEMU(r.Interpreter) {
		return r
	}
	told, err := o.brief(r, f)
	if err != nil {
		f.note("%s: %v", r.Name, err)
		return r
	}
	return told
}

// isQEMU tells whether a file of the host is QEMU.
func isQEMU(file string) bool {
	f, err := chroot.Read("", file)
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
func (o *Options) again(r *binfmt.Rule, f *ruleFacts) ([]*binfmt.Rule, error) {
	a := archOf(r)
	if a == nil || a == binfmt.Host() {
		return nil, errors.New("its emulator is a copy that cannot be found again")
	}
	if f.Sysroots.of(a, false) == nil {
		f.Sysroots = append(f.Sysroots, o.findSysroots(a, o.crossDirs())...)
	}
	return o.archRules([]*binfmt.Arch{a}, f)
}
