package cmdline

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/chroot"
	"github.com/xunshare/xunshare/internal/remedy"
)

// Mounts is what the command line asks for of the mounts, and of what else the target finds.
type Mounts struct {
	Operations []chroot.Operation // in the order of the command line
	ReadOnly   bool
	ReadWrite  bool // --read-only=no: nor is it made so because the tree is another user's
	Ephemeral  bool
	UpperDir   string // of --ephemeral=DIR; "" for none
	Hostname   string // "" for no other
	Named      bool   // the host name was asked for, and is not --into's own
	Env        []Change
	NoNewPrivs bool
}

// A Change is one of the environment.
type Change struct {
	Name, Value string
	Unset       bool
}

// HasMounts tells whether something is to be mounted in the root, or over it.
func (m *Mounts) HasMounts() bool { return len(m.Operations) > 0 || m.ReadOnly || m.Ephemeral }

// validateMounts finds what cannot go together.
func (o *Options) validateMounts() error {
	switch {
	case o.HasMounts() && !o.NS.PivotAllowed():
		return remedy.New("with this --propagation, what is mounted in the root would show up on the host", "leave it out, or add --user")
	case o.Named && o.Hostname == "" && !o.Into:
		return errors.New("--hostname: the argument is empty, which means something only with --into: no host name of its own")
	case o.Ephemeral && o.ReadOnly:
		return errors.New("--ephemeral and --read-only exclude each other: a read-only root has no changes to throw away")
	case o.Ephemeral && o.Root == "":
		return remedy.New("--ephemeral puts a layer over a tree", "add --root=DIR")
	}
	return nil
}

func bind(o *Options, v string) error { return o.bind(v, false) }

func bindReadOnly(o *Options, v string) error { return o.bind(v, true) }

func (o *Options) bind(v string, readOnly bool) error {
	source, target, given := cutPath(v)
	source, err := absolute(cmp.Or(source, "."))
	switch {
	case v == "" || given && target == "" || strings.HasPrefix(v, ":"):
		return fmt.Errorf("%q is not SRC[:DST]", v)
	case err != nil:
		return err
	case !given:
		target = source
	}
	return o.operate(chroot.Operation{Kind: chroot.Bind, Source: source, Target: target, ReadOnly: readOnly})
}

// cutPath cuts v at the first colon that no backslash stands in front of. In the path a backslash
// escapes a colon and a backslash.
func cutPath(v string) (path, rest string, found bool) {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && i+1 < len(v) && (v[i+1] == ':' || v[i+1] == '\\'):
			i++
			b.WriteByte(v[i])
		case c == ':':
			return b.String(), v[i+1:], true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", false
}

// operate adds an operation.
func (o *Options) operate(op chroot.Operation) error {
	if op.Target != "" && !filepath.IsAbs(op.Target) {
		err := fmt.Errorf("%q: the place in the root has to be an absolute path", op.Target)
		if strings.Contains(op.Target, ":") {
			err = remedy.Wrap(err, `a colon that belongs to a name is written \:, in a shell in quotes: '--bind=a\:b:/mnt'`)
		}
		return err
	}
	if op.Target == "" { // there is one of these, where it was given last
		o.leaveOut(op.Kind)
	}
	o.Operations = append(o.Operations, op)
	return nil
}

// leaveOut drops the operations of a kind.
func (o *Options) leaveOut(kind chroot.OperationKind) {
	o.Operations = slices.DeleteFunc(o.Operations, func(op chroot.Operation) bool { return op.Kind == kind })
}

func addTmpfs(o *Options, v string) error {
	target, data, _ := cutPath(v)
	for _, option := range strings.Split(data, ",") {
		if option == "" {
			continue
		}
		if err := checkTmpfsOption(option); err != nil {
			return err
		}
	}
	if target == "" {
		return notEmpty(target)
	}
	return o.operate(chroot.Operation{Kind: chroot.Tmpfs, Target: target, Data: data})
}

func checkTmpfsOption(option string) error {
	name, value, _ := strings.Cut(option, "=")
	switch {
	case name == "size" && isSize(value):
		return checkSize(option, value)
	case name == "mode" && value != "" && len(value) <= 4 && strings.Trim(value, "01234567") == "":
		return nil
	}
	return fmt.Errorf("%q is neither size=BYTES (with k, m, g or %%) nor mode=OCTAL", option)
}

const units = "kKmMgGtT%"

func isSize(value string) bool {
	number := strings.TrimRight(value, units)
	return len(value)-len(number) <= 1 && number != "" && strings.Trim(number, "0123456789") == ""
}

// checkSize refuses a size that has no place in 63 bits: the kernel calculates without a look at
// what overflows (memparse in lib/cmdline.c).
func checkSize(option, value string) error {
	number := strings.TrimRight(value, units)
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || n > math.MaxInt64>>shift(value[len(number):]) {
		return fmt.Errorf("%q is more than a tmpfs can have", option)
	}
	return nil
}

// shift is how far the kernel shifts the number in front of a unit. A percentage is multiplied with
// the memory of the machine, which is less than 2^52 bytes.
func shift(unit string) int {
	switch strings.ToLower(unit) {
	case "k":
		return 10
	case "m":
		return 20
	case "g":
		return 30
	case "t":
		return 40
	case "%":
		return 52
	}
	return 0
}

func addDevices(o *Options, _ string) error {
	return o.operate(chroot.Operation{Kind: chroot.Devices})
}

func addSystem(o *Options, _ string) error { return o.operate(chroot.Operation{Kind: chroot.System}) }

func setResolver(o *Options, v string) error {
	switch v {
	case "auto":
		return o.operate(chroot.Operation{Kind: chroot.Resolver})
	case "off":
		o.leaveOut(chroot.Resolver)
		return nil
	}
	return fmt.Errorf("%q is neither auto nor off", v)
}

// ownPlace is where --bind-self shows xunshare.
const ownPlace = "/usr/local/bin/xunshare"

func bindSelf(o *Options, v string) error {
	if v == "" {
		return notEmpty(v)
	}
	return o.operate(chroot.Operation{Kind: chroot.Bind, Source: "/proc/self/exe", Target: v, ReadOnly: true})
}

// setReadOnly takes "no" for a root that is not made read-only for whatever reason.
func setReadOnly(o *Options, v string) error {
	o.ReadOnly, o.ReadWrite = v == "yes", v == "no"
	return oneOf(v, "yes", "no")
}

// setEphemeral is given an empty directory where the option stands without one.
func setEphemeral(o *Options, v string) (err error) {
	o.Ephemeral, o.UpperDir = true, ""
	if v != "" {
		o.UpperDir, err = absolute(v)
	}
	return err
}

const maxHostname = 64 // __NEW_UTS_LEN of the kernel

func setHostname(o *Options, v string) error {
	if len(v) > maxHostname {
		return fmt.Errorf("a host name has at most %d bytes", maxHostname)
	}
	o.Hostname, o.Named = v, true
	return nil
}
