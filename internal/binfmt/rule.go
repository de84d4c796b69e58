// Package binfmt knows binfmt_misc: rules and their text, the architectures that emulators exist
// for, what a file is to execve(2), and whether an emulator on disk can do its work.
//
// All of it is judgement about text and files. It registers nothing and mounts nothing, and it does
// not look for emulators.
package binfmt

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xunshare/xunshare/internal/remedy"
)

const (
	minText = 11   // create_entry, fs/binfmt_misc.c: anything shorter is EINVAL
	maxText = 1920 // MAX_REGISTER_LENGTH, fs/binfmt_misc.c
	maxName = 255  // NAME_MAX: the rule becomes a file of this name

	// Window is how many bytes from the start of a file execve(2) looks at: BINPRM_BUF_SIZE of
	// include/uapi/linux/binfmts.h (128 before commit 6eb3c3d0a52d, Linux 5.1). What a rule matches
	// and a #! line have to lie within it.
	Window = 256
)

// Rule is one binfmt_misc rule. A Rule from Parse keeps its text, so it is not to be altered: build
// a new one from its fields instead.
type Rule struct {
	Name string // of the file that stands for the rule in the binfmt_misc mount
	Type byte   // 'M': by magic, 'E': by file name extension

	// Type M: a file matches when its bytes from Offset on are Magic, compared under Mask. No Mask:
	// all bits.
	Offset      int
	Magic, Mask []byte

	Extension   string // type E: without the dot
	Interpreter string
	Flags       string // letters of P O C F, and what newer kernels know

	text string // as given to Parse
}

// Has reports whether flag was written in the rule. The kernel turns O on with C; Has does not.
func (r *Rule) Has(flag byte) bool { return strings.IndexByte(r.Flags, flag) >= 0 }

// String returns what is to be written to the register file, in one write: the text that was parsed
// or, for a Rule built from fields, one made of them.
func (r *Rule) String() string {
	if r.text != "" {
		return r.text
	}
	pattern := []string{strconv.Itoa(r.Offset), escape(r.Magic), escape(r.Mask)}
	if r.Type == 'E' {
		pattern = []string{"", r.Extension, ""}
	}
	del := r.delimiter()
	return del + strings.Join([]string{r.Name, string(rune(r.Type)), strings.Join(pattern, del), r.Interpreter, r.Flags}, del)
}

// delimiter returns one that occurs nowhere in the rule. Only magic and mask have escapes, so a
// path that holds ':' needs another delimiter. Letters, digits, '\' and newline are never chosen:
// they have meanings of their own. If a rule holds every other character there is none, and the ':'
// returned makes a text that Parse refuses.
func (r *Rule) delimiter() string {
	used := r.Name + r.Extension + r.Interpreter + r.Flags
	for _, c := range []byte(":,;|!#%&*+=?@^_~ \t\x01\x02\x03\x04\x05\x06\x07\x08") {
		if strings.IndexByte(used, c) < 0 {
			return string([]byte{c})
		}
	}
	for c := 0x80; c <= 0xff; c++ {
		if strings.IndexByte(used, byte(c)) < 0 {
			return string([]byte{byte(c)})
		}
	}
	return ":"
}

func escape(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b {
		s.Write([]byte{'\\', 'x', digits[c>>4], digits[c&15]})
	}
	return s.String()
}

// CheckSet returns an error if the rules cannot all be registered in one new instance because of
// their names: the kernel answers EEXIST to a name that is there already.
func CheckSet(rules []*Rule) error {
	seen := make(map[string]bool, len(rules))
	for _, r := range rules {
		if err := checkName(r.Name); err != nil {
			return fmt.Errorf("rule %s: %w", quote(r.Name), err)
		}
		if seen[r.Name] {
			return remedy.Errorf("give each rule a name of its own; of two rules that match a file the one registered last wins",
				"rule %s: the name is used twice", quote(r.Name))
		}
		seen[r.Name] = true
	}
	return nil
}

// checkName applies the rules for a file name in the binfmt_misc mount.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name is empty")
	case name == ".", name == "..":
		return fmt.Errorf("the name is that of a directory")
	case strings.IndexByte(name, '/') >= 0:
		return fmt.Errorf("the name contains a '/'")
	case len(name) > maxName:
		return fmt.Errorf("the name has %d bytes, a file name has %d at most", len(name), maxName)
	case name == "register", name == "status":
		return fmt.Errorf("the name is taken: the kernel has a control file called %s", name)
	}
	return nil
}

// quote quotes s for a message, the middle left out if it is long.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:60] + "..." + s[len(s)-12:]
	}
	return strconv.Quote(s)
}

// quoteByte shows a delimiter or a flag.
func quoteByte(c byte) string {
	if c > ' ' && c < 0x7f {
		return "'" + string(rune(c)) + "'"
	}
	return fmt.Sprintf(`'\x%02x'`, c)
}
