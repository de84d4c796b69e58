package rulefile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xunshare/xunshare/internal/binfmt"
)

// Mounted is where a system mounts binfmt_misc.
const Mounted = "/proc/sys/fs/binfmt_misc"

// Registered returns the rules that are enabled in the binfmt_misc that is mounted at dir, in the
// order in which they were registered: registered again in that order, the same ones win. Text that
// the kernel shows but does not take back is left out; skipped says for each such rule which and
// why, in a sentence. There are none, and no error, if dir is no binfmt_misc or if it is switched
// off. An error means that there may be rules that could not be read.
//
// The interpreters are paths as whoever registered them saw them, and with flag F what they were
// then.
func Registered(dir string) (rules []*binfmt.Rule, skipped []string, err error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	defer unix.Close(fd)
	if rules, skipped, err = registered(fd); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	return rules, skipped, nil
}

// registered reads the directory of an instance. The kernel lists what was made last first
// (dcache_readdir of fs/libfs.c goes along the children of a directory as d_alloc of fs/dcache.c
// has put them), and so it tries rules (bm_register_write of fs/binfmt_misc.c: list_add).
func registered(fd int) (rules []*binfmt.Rule, skipped []string, err error) {
	buf := make([]byte, maxEntry)
	if on, err := isOn(fd, buf); !on {
		return nil, nil, err
	}
	names, err := list(fd)
	if err != nil {
		return nil, nil, err
	}
	rules = make([]*binfmt.Rule, 0, len(names))
	for i := len(names) - 1; i >= 0; i-- {
		if names[i] == "register" || names[i] == "status" {
			continue
		}
		r, err := readRule(fd, names[i], buf)
		if err != nil {
			skipped = append(skipped, err.Error())
		} else if r != nil {
			rules = append(rules, r)
		}
	}
	return rules, skipped, nil
}

// isOn tells whether the directory is that of an instance, and that is enabled.
func isOn(fd int, buf []byte) (bool, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil || uint32(st.Type) != unix.BINFMTFS_MAGIC {
		return false, err
	}
	status, err := readEntry(fd, "status", buf)
	if err != nil {
		return false, fmt.Errorf("status: %w", err)
	}
	return status == "enabled\n", nil
}

// readRule returns nil for a rule that is not in force: disabled, or removed a moment ago.
func readRule(dir int, name string, buf []byte) (*binfmt.Rule, error) {
	text, err := readEntry(dir, name, buf)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	var r *binfmt.Rule
	if err == nil {
		r, err = parseEntry(name, text)
	}
	if err == nil && r != nil {
		err = writable(r)
	}
	if err != nil {
		return nil, fmt.Errorf("rule %q: %w", name, err)
	}
	return r, nil
}

// writable is an error if String has no text for r that the kernel takes, because magic and mask
// are too long with escapes or because no character is left for the delimiter. Parsing all rules
// would cost a fifth of the whole.
func writable(r *binfmt.Rule) error {
	const short = 1900 // MAX_REGISTER_LENGTH is 1920; delimiters, type and offset need 11
	size := len(r.Name) + len(r.Extension) + len(r.Interpreter) + len(r.Flags) + len(`\x00`)*(len(r.Magic)+len(r.Mask))
	colon := func(s string) bool { return strings.IndexByte(s, ':') >= 0 }
	if size <= short && !colon(r.Name) && !colon(r.Extension) && !colon(r.Interpreter) {
		return nil
	}
	if _, err := binfmt.Parse(r.String()); err != nil {
		return fmt.Errorf("it cannot be written so that the kernel takes it again: %w", err)
	}
	return nil
}

// maxEntry is what the kernel needs at most for what it shows of a rule that it took from a text of
// MAX_REGISTER_LENGTH.
const maxEntry = 4096

func readEntry(dir int, name string, buf []byte) (string, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	n, err := descriptor(fd).Read(buf)
	if err == nil && n == len(buf) {
		err = errors.New("it is longer than a rule can be")
	}
	return string(buf[:n]), err
}

// parseEntry reads what the kernel shows of a rule (entry_status of fs/binfmt_misc.c), and passes
// over lines that it may show one day. It returns nil for a rule that is disabled.
func parseEntry(name, text string) (*binfmt.Rule, error) {
	state, rest, _ := strings.Cut(text, "\n")
	switch state {
	case "disabled":
		return nil, nil
	case "enabled":
	default:
		return nil, errors.New("the kernel says neither that it is enabled nor that it is disabled")
	}
	rest, ok := strings.CutPrefix(rest, "interpreter ")
	if !ok {
		return nil, errors.New("a program in the kernel chooses its interpreter (type B)")
	}
	r := &binfmt.Rule{Name: name}
	if r.Interpreter, rest, ok = strings.Cut(rest, "\nflags: "); !ok {
		return nil, errors.New("its flags are missing")
	}
	r.Flags, rest, _ = strings.Cut(rest, "\n")
	for line := range strings.Lines(rest) {
		if err := setPattern(r, strings.TrimSuffix(line, "\n")); err != nil {
			return nil, err
		}
	}
	if r.Type == 0 {
		return nil, errors.New("it has neither a magic nor an extension")
	}
	return r, nil
}

// setPattern takes from a line what the rule matches.
func setPattern(r *binfmt.Rule, line string) (err error) {
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "offset":
		r.Offset, err = strconv.Atoi(value)
	case "magic":
		r.Type = 'M'
		r.Magic, err = hex.DecodeString(value)
	case "mask":
		r.Mask, err = hex.DecodeString(value)
	case "extension":
		r.Type = 'E'
		r.Extension = strings.TrimPrefix(value, ".")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}
